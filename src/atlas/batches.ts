import { executableStatements } from "../executable.ts";
import { type PlannedFile, type Statements, type TxMode } from "../migrations/mod.ts";

// What cannot change the settings of a session, unless it calls a function that does.
const HARMLESS =
  /^(?:create|alter|drop|comment|grant|revoke|insert|update|delete|truncate|refresh|reindex|analyze|vacuum)\b/i;

// Anywhere in it: temporary objects live as long as the session.
const TRACE = /\b(?:set_config|temp|temporary|pg_temp)\b/i;

// With a delimiter of its own a statement may hold several commands.
const DELIMITER = /^(?:-- atlas:)?delimiter /im;

/**
 * Cuts the files into runs of Atlas. Atlas keeps one connection for a run, so a file that may leave
 * a setting, a role or a temporary table behind is the last one of its run, and those of a run go
 * with one `--tx-mode`. A file that must not be executed throws once those before it have been handed out.
 *
 * @throws {MigrateError} the codes of `executableStatements`.
 */
export function* batches(files: readonly PlannedFile[]): Iterable<readonly PlannedFile[]> {
  const together = files[0]?.txMode === "all";
  let batch: PlannedFile[] = [];
  for (const file of files) {
    let statements: Statements;
    try {
      statements = executableStatements(file);
    } catch (error) {
      if (batch.length > 0 && !together) yield batch;
      throw error;
    }
    const [first] = batch;
    if (first !== undefined && !goWith(file, runModeOf(first))) {
      yield batch;
      batch = [];
    }
    batch.push(file);
    if (!together && mayLeaveTraces(file, statements)) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/**
 * The `--tx-mode` of the run of Atlas that begins with a file. What a file says of itself goes
 * before it, but not `file` under `none`: there Atlas forgets the commit.
 */
export function runModeOf(file: PlannedFile): TxMode {
  return file.txMode !== "all" && saysItself(file) ? "file" : file.txMode;
}

/** Whether a file runs as planned in a run of that mode. */
function goWith(file: PlannedFile, mode: TxMode): boolean {
  return file.txMode === mode || (mode === "file" && saysItself(file));
}

function saysItself({ migration }: PlannedFile): boolean {
  return migration.directives.txMode.length > 0;
}

function mayLeaveTraces(file: PlannedFile, statements: Statements): boolean {
  return DELIMITER.test(file.migration.text) ||
    statements[Symbol.iterator]().some(({ text }) => !HARMLESS.test(text) || TRACE.test(text));
}
