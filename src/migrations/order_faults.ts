import { MigrateError, type NextStep } from "../errors.ts";
import type { Migration } from "./pool.ts";
import type { Revision } from "./revision.ts";

/** The refusal of files that the database has passed without applying them. */
export function outOfOrder(late: readonly Migration[], newest: string): MigrateError {
  const [one] = late;
  return new MigrateError(
    "out_of_order",
    late.length === 1
      ? `Cannot apply "${one?.file}": it was added below ${newest}, which is applied already`
      : `Cannot apply ${late.length} files: they were added below ${newest}, which is applied already`,
    {
      details: late.map(({ path }) => path),
      hint:
        "If they do not depend on the order, apply them late; if they are in the database already, record each; otherwise a developer gives them new numbers (genmigrate renumber)",
      next: [
        { command: "migrate --exec-order non-linear", when: "apply them now" },
        {
          command: `migrate resolve ${one?.version} --applied`,
          when: "it was done by hand already",
        },
      ],
      data: { files: late.map(({ path }) => path), newest },
    },
  );
}

/** The refusal of a half-done file that something else was applied after. */
export function partialInMiddle(row: Revision): MigrateError {
  return new MigrateError(
    "partial_in_middle",
    `Cannot go on: ${row.version} is half done (${row.applied} of ${row.total} statements), and later files were applied`,
    {
      details: row.error === "" ? [] : [`it failed with: ${row.error}`],
      hint: "Finish it by hand, or undo by hand what it did, then record which it was",
      next: resolveSteps(row.version),
      data: { version: row.version, applied: row.applied, total: row.total },
    },
  );
}

/** The two ways to say what became of a half-done file that somebody has seen to by hand. */
export function resolveSteps(version: string): readonly NextStep[] {
  const command = `migrate resolve ${version}`;
  return [
    { command: `${command} --applied`, when: "all that it does is in the database" },
    { command: `${command} --rolled-back`, when: "nothing that it does is in it" },
  ];
}
