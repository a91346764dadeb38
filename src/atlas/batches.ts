import { type PlannedFile, splitStatements, type Statement } from "../migrations/mod.ts";
import { refuseTransactionControl } from "../transaction_control.ts";

// What cannot change the settings of a session, unless it calls a function that does.
const HARMLESS =
  /^(?:create|alter|drop|comment|grant|revoke|insert|update|delete|truncate|refresh|reindex|analyze|vacuum)\b/i;

// Anywhere in it: temporary objects live as long as the session.
const TRACE = /\b(?:set_config|temp|temporary|pg_temp)\b/i;

// With a delimiter of its own a statement may hold several commands.
const DELIMITER = /^(?:-- atlas:)?delimiter /im;

/**
 * Cuts the files into runs of Atlas. Atlas keeps one connection for a run, so a file that may leave
 * a setting, a role or a temporary table behind is the last one of its run. A file that must not be
 * executed throws once those before it have been handed out.
 *
 * @throws {MigrateError} `statement_syntax`, `transaction_control`.
 */
export function* batches(files: readonly PlannedFile[]): Iterable<readonly PlannedFile[]> {
  const together = files[0]?.txMode === "all";
  let batch: PlannedFile[] = [];
  for (const file of files) {
    let statements: readonly Statement[];
    try {
      statements = splitStatements(file.migration.text, { file: file.migration.path });
      if (file.txMode !== "none") refuseTransactionControl(file.migration, statements);
    } catch (error) {
      if (batch.length > 0 && !together) yield batch;
      throw error;
    }
    batch.push(file);
    if (!together && mayLeaveTraces(file, statements)) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

function mayLeaveTraces(file: PlannedFile, statements: readonly Statement[]): boolean {
  return DELIMITER.test(file.migration.text) ||
    statements.some(({ text }) => !HARMLESS.test(text) || TRACE.test(text));
}
