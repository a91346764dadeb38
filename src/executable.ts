import {
  checkResume,
  type PlannedFile,
  splitStatements,
  type Statement,
  statementHashes,
  sumIgnored,
} from "./migrations/mod.ts";
import { refuseOpenTransaction, refuseTransactionControl } from "./transaction_control.ts";

/**
 * The statements of a planned file, those that were executed before too, if it may be executed:
 * this is asked of every file, whichever engine has it.
 *
 * @throws {MigrateError} its fault, `sum_ignored`, `statement_syntax`, `transaction_control`,
 * `transaction_open`, `history_changed` when a statement that an earlier run executed is no longer the same.
 */
export function executableStatements(file: PlannedFile): readonly Statement[] {
  const { fault, migration, previous, txMode } = file;
  if (fault !== undefined) throw fault;
  if (migration.hash === "") throw sumIgnored([migration.path]);
  const statements = splitStatements(migration.text, { file: migration.path });
  if (txMode === "none") refuseOpenTransaction(migration, statements);
  else refuseTransactionControl(migration, statements);
  if (previous !== undefined) {
    checkResume(migration, previous, statementHashes(statements.map(({ text }) => text)));
  }
  return statements;
}
