import { type Block, type Command, heading, text, type Topic } from "./block.ts";

/** What may happen to a person on call, and what is typed then. */
export interface Story {
  readonly title: string;
  readonly text: string;
  readonly commands: readonly Command[];
}

const story = (
  title: string,
  text: string,
  ...typed: readonly (readonly [string, string?])[]
): Story => ({
  title,
  text,
  commands: typed.map(([command, says]) => ({
    command,
    ...(says === undefined ? {} : { says }),
  })),
});

/** Tests walk through each of them, and type these commands and no others. */
export const STORIES = {
  first: story(
    "A first deployment",
    "An empty database, perhaps one that is still starting.",
    ["migrate wait --timeout 60s", "until it lets us log in"],
    ["migrate plan", "what will be done, and whom it keeps waiting"],
    ["migrate"],
    ["migrate status --exit-code", "0 when everything is applied, otherwise 3"],
  ),
  failed: story(
    "A migration failed",
    "Nothing of that file is left; the files before it stay applied, those after it were not started. The error names file, line and reason. Repair what it ran into, or take a program with a repaired file (no database has it yet), and run it again.",
    ["migrate status", "how far it came"],
    ["migrate", "again, after the repair: it goes on with that file"],
  ),
  halfDone: story(
    "A file outside a transaction failed half-way",
    "With `atlas:txmode none` the statements before the failing one are done and recorded. With a program in which the file is repaired from that statement on, `migrate` goes on there. Or see to it by hand in psql, and say which of the two you did:",
    ["migrate resolve 0007 --applied", "all that it does is in the database now"],
    ["migrate resolve 0007 --rolled-back", "nothing is; it will begin anew"],
    ["migrate", "the files after it"],
  ),
  together: story(
    "Two deployments at once",
    "The second waits for the first, and then finds nothing to do. After `--lock-timeout` it ends with `lock_timeout`, and names the session that holds the lock. A lock ends with its session, also when a program was killed.",
    ["migrate status", "who is migrating now, and how far it is"],
    ["migrate --lock-timeout 5m", "wait longer for it"],
  ),
  older: story(
    "A program that is older than the database",
    "As after a roll-back of the application. It applies nothing, says that the database is newer, and ends with 0, so that the older application may start.",
    ["migrate status", "which versions are unknown to this program"],
    ["migrate version", "which it has inside"],
  ),
  restored: story(
    "A database restored from an older backup",
    "The history is restored together with the data, so what has been applied since is pending again.",
    ["migrate status", "what the backup does not have"],
    ["migrate verify", "what it has is as in the files"],
    ["migrate"],
  ),
  hotFix: story(
    "A hot-fix made by hand, and later as a migration",
    "The migration fails, since what it makes is there already; nothing of it is left. If all that it does was done by hand, say so. A number below those that are applied is `out_of_order`: record it in the same way, apply it late with `migrate --exec-order non-linear`, or have a developer number it anew.",
    ["migrate resolve 0007 --applied", "asks; --yes answers for a script"],
    ["migrate"],
  ),
  takeover: story(
    "A database that Flyway, goose or psql has built",
    "It has tables and no history, so it is `database_not_clean`. Say up to which version it has everything; its own table of versions stays as it is. (If what is there is somebody else's, `--allow-dirty` starts beside it.)",
    ["migrate baseline 0006", "records it and applies nothing"],
    ["migrate"],
  ),
} as const;

/** What to do when something went wrong. */
export const RECOVERY: Topic = {
  name: "recovery",
  summary: "what to do when something went wrong",
  blocks: [
    text(
      "Every failure says what was applied, what failed and what was not started, and ends with the next command to type. A command may always be repeated: what is done already is nothing to do.",
    ),
    ...Object.values<Story>(STORIES).flatMap((each): readonly Block[] => [
      heading(each.title),
      text(each.text),
      { kind: "commands", commands: each.commands },
    ]),
    heading("Other refusals"),
    text(
      "`connection_lost`, or the program was killed: the server ends what it was doing and rolls back. Run `migrate` again.",
    ),
    text(
      "`transaction_pooler`: PgBouncer or the like gives each transaction another session, so neither lock nor settings would hold. Name the server itself, or a pool with `pool_mode = session`.",
    ),
    text(
      "`migration_changed`: an applied file is not what it was. Restore it and put the change into a new migration; `migrate verify` lists all that differs.",
    ),
  ],
};
