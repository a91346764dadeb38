import type { MigrateError } from "../../errors.ts";
import type { Outcome } from "../../report.ts";

/** How reports for other programs are written. */
export interface Rendering {
  /** The path of a migration in the repository. */
  readonly pathOf: (path: string) => string;
  /** Hides the secrets of the run. */
  readonly redact: (text: string) => string;
}

/** One thing that is wrong, with its place where it has one. */
export interface Fault {
  /** The database, where it is known. */
  readonly name: string | undefined;
  readonly code: string;
  readonly message: string;
  /** Everything that a person should read. */
  readonly text: string;
  readonly path: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** The statement that failed. */
  readonly sql: string | undefined;
  readonly version: string | undefined;
}

/** The faults of an outcome: one for each file that its error is about, or one without a file. */
export function faultsOf(outcome: Outcome, rendering: Rendering): readonly Fault[] {
  const { error, name } = outcome;
  if (error === undefined) return [];
  const { column, line, sql, version } = error.data;
  const { pathOf, redact } = rendering;
  const files = filesOf(error);
  const fault: Fault = {
    name,
    code: error.code,
    message: redact(error.message),
    text: redact(textOf(error)),
    path: undefined,
    line: undefined,
    column: undefined,
    sql: sql === undefined ? undefined : redact(sql),
    version,
  };
  if (files.length === 0) return [fault];
  return files.map((path) => ({ ...fault, path: pathOf(path), line: line ?? 1, column }));
}

function filesOf({ data }: MigrateError): readonly string[] {
  const { changed = [], file, files = [] } = data;
  return [...new Set([...file === undefined ? [] : [file], ...files, ...changed])];
}

function textOf({ details, hint, message }: MigrateError): string {
  return [message, ...details, ...(hint === undefined ? [] : [`hint: ${hint}`])].join("\n");
}
