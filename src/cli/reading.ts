import { type Ending, overDatabases } from "../commands/over_databases.ts";
import { EXIT, type MigrateError } from "../errors.ts";
import type { Secrets } from "../redact.ts";
import type { World } from "../world.ts";
import { exitCode } from "./exit_code.ts";
import { forDatabase } from "./next_command.ts";
import { Screen } from "./screen.ts";
import {
  type DatabaseLine,
  databaseLine,
  severalError,
  type SeveralFlags,
  showErrors,
  thrownIn,
} from "./several.ts";
import { type Entry, type SeveralCommand, severalDocument } from "./several_document.ts";
import { loadTarget, type Target, type TargetFlags, type TargetRequest } from "./target.ts";

/** The flags that every reading command has. */
export interface ReadingFlags extends TargetFlags, SeveralFlags {
  readonly json?: true | undefined;
  readonly color: boolean;
}

/** A command that reads a database and says something about it. */
export interface Reading<R> {
  readonly command: SeveralCommand;
  readonly read: (request: TargetRequest) => Promise<R>;
  readonly document: (
    report: R,
    world: Pick<World, "args">,
  ) => { readonly command: string; readonly status: string };
  /** All of it, for people. */
  readonly text: (report: R, world: Pick<World, "args">) => string;
  /** The same in a few words, for one line among others; nothing where only all of it will do. */
  readonly brief?: (report: R) => string;
  /** The exit code that the report leads to. */
  readonly code: (report: R) => number;
}

/** What a reading command is given. */
export interface ReadingCall {
  readonly flags: ReadingFlags;
  readonly secrets: Secrets;
}

/** What a reading command may want to know. */
export interface ReadingEvents {
  /** Told of the folder of migrations before it is read. */
  readonly onMigrations?: (folder: string | undefined) => Promise<void>;
  /** Told of each of several databases that could not be read. */
  readonly onError?: (error: MigrateError, name: string) => void;
}

/** How many databases are read at once: each takes one connection, for a moment. */
const JOBS = 4;

/** Reads the database that is meant, or each of several, and prints one document or one text. */
export async function runReading<R>(
  world: World,
  call: ReadingCall & ReadingEvents,
  reading: Reading<R>,
): Promise<number> {
  const { flags } = call;
  const screen = new Screen(world, flags);
  await using target = await loadTarget(world, { ...call, warn: (text) => screen.warn(text) });
  if (target.settings.isList) return await readAll(world, { ...call, screen, target }, reading);
  const report = await reading.read(target.request);
  world.out(
    flags.json
      ? `${JSON.stringify(reading.document(report, world), null, 2)}\n`
      : reading.text(report, world),
  );
  return reading.code(report);
}

async function readAll<R>(
  world: World,
  { flags, onError, screen, secrets, target }: ReadingCall & ReadingEvents & {
    readonly screen: Screen;
    readonly target: Target;
  },
  reading: Reading<R>,
): Promise<number> {
  const started = performance.now();
  const { requests, settings } = target;
  using live = screen.live;
  let over = 0;
  live.show(() => `${over} of ${requests.length} databases`);
  const endings = await overDatabases(requests, {
    jobs: flags.jobs ?? settings.migrate.jobs ?? JOBS,
    failFast: flags.failFast === true,
    signal: world.signal,
    work: reading.read,
    hasFailed: () => false,
    onEnd: () => over++,
  });
  live.clear();
  const reports = endings.flatMap((ending) => ending.state === "ended" ? [ending.result] : []);
  const entries = endings.map((ending): Entry => {
    const name = ending.database.database.dbname;
    return {
      name,
      ...(ending.state === "ended"
        ? { document: reading.document(ending.result, forDatabase(world, name)) }
        : {}),
      error: thrownIn(ending, secrets.redact),
    };
  });
  for (const { error, name } of entries) if (error !== undefined) onError?.(error, name);
  const error = severalError(entries, { hint: "", world });
  if (flags.json) {
    const elapsedMs = performance.now() - started;
    const { command } = reading;
    const document = severalDocument(entries, { command, elapsedMs, error, world });
    world.out(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    showAll(world, endings, { entries, reading, screen });
  }
  if (error !== undefined) {
    showErrors(world, entries, { error, screen });
    return exitCode(error, world.signal);
  }
  return Math.max(EXIT.done, ...reports.map(reading.code));
}

/** Prints a text or a line for each database, and of lines how many say what. */
function showAll<R>(
  world: World,
  endings: readonly Ending<TargetRequest, R>[],
  { entries, reading, screen }: {
    readonly entries: readonly Entry[];
    readonly reading: Reading<R>;
    readonly screen: Screen;
  },
): void {
  const names = entries.map(({ name }) => name);
  for (const [i, ending] of endings.entries()) {
    const name = names[i] ?? "";
    if (ending.state === "ended" && reading.brief === undefined) {
      const text = reading.text(ending.result, forDatabase(world, name));
      world.out(`${i === 0 ? "" : "\n"}${screen.out.bold(name)}\n${text}`);
    } else {
      const line = lineOf(ending, { entry: entries[i], reading, screen });
      world.out(databaseLine(line, { names, width: screen.width }));
    }
  }
  if (reading.brief !== undefined) world.out(`${summaryOf(entries.map(statusOf))}\n`);
}

/** What the statuses are called where several are counted. */
const COUNTED: Readonly<Record<string, string>> = {
  up_to_date: "up to date",
  ok: "as in the files",
  skipped: "not begun",
};

function statusOf({ document, error }: Entry): string {
  return document?.status ?? (error === undefined ? "skipped" : "failed");
}

/** How many are at what: `3 databases: 2 up to date, 1 differs`. */
function summaryOf(statuses: readonly string[]): string {
  const counts = Object.entries(Object.groupBy(statuses, (status) => status)).map(
    ([status, same = []]) => `${same.length} ${COUNTED[status] ?? status}`,
  );
  return `${statuses.length} databases: ${counts.join(", ")}`;
}

function lineOf<R>(
  ending: { readonly state: string; readonly result?: R },
  { entry, reading, screen }: {
    readonly entry: Entry | undefined;
    readonly reading: Reading<R>;
    readonly screen: Screen;
  },
): DatabaseLine {
  const { out } = screen;
  const name = entry?.name ?? "";
  if (entry?.error !== undefined) return { mark: out.red("✖"), name, says: entry.error.message };
  if (ending.result === undefined) return { mark: out.dim("-"), name, says: "not begun" };
  const status = entry?.document?.status ?? "";
  const good = ["up_to_date", "ok", "nothing_pending"].includes(status);
  const mark = good ? out.green("✔") : status === "pending" ? out.dim("·") : out.yellow("!");
  return { mark, name, says: reading.brief?.(ending.result) ?? "" };
}
