import type { Ending } from "../commands/over_databases.ts";
import { MigrateError } from "../errors.ts";
import type { World } from "../world.ts";
import { pad } from "./columns.ts";
import { errorText } from "./error_text.ts";
import { forDatabase, sameCommand } from "./next_command.ts";
import { toInternal } from "./program.ts";
import type { Screen } from "./screen.ts";
import type { Entry } from "./several_document.ts";
import { cutTo, widthOf } from "./width.ts";

/** The flags of the commands that work on several databases. */
export interface SeveralFlags {
  readonly jobs?: number | undefined;
  readonly failFast?: true | undefined;
}

/** How many different errors are shown whole, and how many databases are named that have one. */
const MAX_ERRORS = 3;
const MAX_NAMES = 10;

/** The error that a database ended with, if it was a throw. */
export function thrownIn<D, T>(
  ending: Ending<D, T>,
  redact: (text: string) => string,
): MigrateError | undefined {
  if (ending.state !== "threw") return undefined;
  return ending.error instanceof MigrateError ? ending.error : toInternal(ending.error, redact);
}

/** The longest command that is worth copying. */
const MAX_COMMAND = 160;

/** The error of a command that did not do all of its databases; `hint` says what the next run does. */
export function severalError(
  entries: readonly Entry[],
  { hint, world }: { readonly hint: string; readonly world: Pick<World, "args" | "signal"> },
): MigrateError | undefined {
  const failed = entries.filter(({ error }) => error !== undefined);
  const skipped = entries.filter(({ document, error }) =>
    document === undefined && error === undefined
  );
  if (failed.length === 0 && skipped.length === 0) return undefined;
  const stopped = world.signal.aborted &&
    (skipped.length > 0 || failed.some(({ error }) => error?.code === "interrupted"));
  const counts = [
    ...(failed.length === 0 ? [] : [`${failed.length} of ${entries.length} databases failed`]),
    ...(skipped.length === 0 ? [] : [`${skipped.length} not begun`]),
  ];
  const again = sameCommand(world);
  return new MigrateError(
    stopped ? "interrupted" : "databases_failed",
    stopped
      ? `Stopped: ${
        entries.length - failed.length - skipped.length
      } of ${entries.length} databases done`
      : counts.join(", "),
    {
      hint: stopped
        ? `Run the same command again${hint}`
        : `Repair what the error of each says, then run the same command again${hint}`,
      next: again.length > MAX_COMMAND ? [] : [{ command: again }],
    },
  );
}

/** Whether a database was left by somebody's will, and not because something is wrong with it. */
export function wasStopped({ code }: MigrateError): boolean {
  return code === "interrupted" || code === "halted";
}

/**
 * Shows the first few errors that differ, each with the databases that have it, and last the error
 * of the whole. Of a server that is down every database has the same.
 */
export function showErrors(
  world: World,
  entries: readonly Entry[],
  { error, screen }: { readonly error: MigrateError; readonly screen: Screen },
): void {
  const style = screen.err;
  // Of those that were stopped all is said.
  const failed = entries.flatMap(({ error, name }) =>
    error === undefined || wasStopped(error) ? [] : [{ error, name }]
  );
  const kinds = Object.values(Object.groupBy(failed, ({ error }) => kindOf(error)));
  for (const same of kinds.slice(0, MAX_ERRORS)) {
    const [first] = same ?? [];
    if (first === undefined) continue;
    const names = (same ?? []).map(({ name }) => name);
    const rest = names.length - MAX_NAMES;
    const others = rest > 0 ? ` and ${rest} more` : "";
    const text = errorText(first.error, { style, world: forDatabase(world, first.name) });
    world.err(`\n${style.bold(`${names.slice(0, MAX_NAMES).join(", ")}${others}`)}\n${text}`);
  }
  const rest = kinds.length - MAX_ERRORS;
  if (rest > 0) {
    world.err(`\n${style.dim(`and ${rest} other errors; --json has the error of each`)}\n`);
  }
  world.err(`\n${errorText(error, { style, world })}`);
}

/** What makes two errors the same one to whoever has to mend them. */
function kindOf({ code, data, hint }: MigrateError): string {
  return [code, hint, data.version, data.statement, data.sqlstate].join("\n");
}

/** What is said of one database in one line. */
export interface DatabaseLine {
  readonly mark: string;
  readonly name: string;
  readonly says: string;
}

/** The line of one database among others: a mark, its name, what became of it; cut to fit. */
export function databaseLine(
  { mark, name, says }: DatabaseLine,
  { names, width }: { readonly names: readonly string[]; readonly width: number },
): string {
  const label = pad(name, Math.min(40, Math.max(...names.map(widthOf))));
  const room = width - widthOf(label) - 5;
  return `${mark} ${label}  ${room === Infinity ? says : cutTo(says, room)}\n`;
}
