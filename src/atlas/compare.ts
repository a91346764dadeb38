import { interrupted, MigrateError } from "../errors.ts";
import type { Atlas } from "./atlas.ts";
import { compareConfig } from "./hcl.ts";

/** Which schemas of a state to look at; all of them unless one list narrows it. */
export interface SchemaFilter {
  readonly only?: readonly string[];
  readonly without?: readonly string[];
}

/** What both ways of looking at a state need. */
export interface CompareOptions {
  /** The empty database, as a URL. */
  readonly devUrl: string;
  /** A folder of migrations, or of HCL files. */
  readonly source: string;
}

/**
 * The state that a folder of migrations or HCL files leads to, as SQL, by `atlas schema inspect`.
 * Views, functions and triggers are not in it: Atlas' community edition does not see them.
 *
 * @throws {MigrateError} the codes of `refusalOf`, and those of `Atlas.run`.
 */
export async function inspectState(
  atlas: Atlas,
  options: CompareOptions & SchemaFilter,
): Promise<string> {
  const { only = [], without = [] } = options;
  const filters = [
    ...only.flatMap((name) => ["--schema", name]),
    ...without.flatMap((name) => ["--exclude", escapeGlob(name)]),
  ];
  const args = ["schema", "inspect", "--format", "{{ sql . }}", ...filters];
  const result = await atlas.run(args, compareConfig(options));
  if (result.code !== 0) throw refusalOf(result.stderr, atlas);
  return result.stdout;
}

/**
 * Lets `atlas migrate diff` write the file that leads from the migrations to the state in the file
 * `desired`; it appears in the folder under a time stamp, if there is a difference.
 *
 * @throws {MigrateError} the codes of `refusalOf`, and those of `Atlas.run`.
 */
export async function writeDifference(
  atlas: Atlas,
  options: CompareOptions & { readonly desired: string; readonly name: string },
): Promise<void> {
  const result = await atlas.run(["migrate", "diff", options.name], compareConfig(options));
  if (result.code !== 0) throw refusalOf(result.stderr, atlas);
}

/** What Atlas says when a statement of a state or of the history fails. */
const STATE =
  /read state from "[^"]*": executing statement: "([^]*)": pq: ([^]*) \(([0-9A-Z]{5})\)\s*$/;
const HISTORY =
  /executing statement "([^]*)" from version "([^"]*)": pq: ([^]*) \(([0-9A-Z]{5})\)\s*$/;

/**
 * Turns the words of a failed comparison into an error: `state_failed` with the statement of the
 * declared state that the server refused, `replay_failed` with the migration, `dev_not_empty`,
 * `lock_timeout`, `interrupted`, `atlas_failed` for the rest.
 */
function refusalOf(stderr: string, { stopped }: Atlas): MigrateError {
  if (stopped) return interrupted("Stopped");
  // Below stands advice to install another edition, at most once a day.
  const text = (stderr.split("\nYou're running the community build")[0] ?? "")
    .replace(/^Error: /, "").trim();
  const state = STATE.exec(text);
  if (state !== null) {
    const [, statement = "", message = "", sqlstate] = state;
    return new MigrateError("state_failed", withoutPlace(message), {
      hint: "Correct the declaration",
      data: { sql: unquote(statement), sqlstate },
    });
  }
  const history = HISTORY.exec(text);
  if (history !== null) {
    const [, quoted = "", version, message = "", sqlstate] = history;
    const statement = unquote(quoted);
    return new MigrateError(
      "replay_failed",
      `Cannot replay the history on an empty database: ${version} fails with "${
        withoutPlace(message)
      }"`,
      {
        details: [`in the statement: ${statement.split("\n")[0]}`],
        hint: `Repair ${version}, if no database has it, so that the files alone build the schema`,
        data: { version, sql: statement, sqlstate },
      },
    );
  }
  if (text.includes("connected database is not clean")) {
    return new MigrateError(
      "dev_not_empty",
      `Cannot compare: ${text.split(": ").slice(-2).join(": ")}`,
      {
        hint: "Somebody else uses the database: try --scratch always",
      },
    );
  }
  if (text.includes("acquiring database lock")) {
    return new MigrateError("lock_timeout", "Cannot compare: another Atlas uses the database", {
      details: [text],
      hint: "Wait for it to end, or use --scratch always",
    });
  }
  return new MigrateError("atlas_failed", `Cannot compare: Atlas says "${text.split("\n")[0]}"`, {
    details: text.split("\n").slice(1),
    hint: "Correct what Atlas names, then run the same command again",
  });
}

function withoutPlace(message: string): string {
  return message.replace(/ at (?:column \d+|position \d+:\d+)$/, "");
}

/** The text of a Go string literal, as `%q` writes it. */
function unquote(text: string): string {
  const simple: Readonly<Record<string, string>> = {
    n: "\n",
    r: "\r",
    t: "\t",
    a: "\x07",
    b: "\b",
    f: "\f",
    v: "\v",
  };
  return text.replace(
    /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([^]))/g,
    (_, x, u, long, char) =>
      char === undefined
        ? String.fromCodePoint(parseInt(x ?? u ?? long, 16))
        : simple[char] ?? char,
  );
}

/** A schema's name where Atlas takes a pattern (Go's `path.Match`). */
function escapeGlob(name: string): string {
  return name.replace(/[*?[\]\\.]/g, "\\$&");
}
