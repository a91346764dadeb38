import {
  checkResume,
  type PlannedFile,
  statementHashes,
  Statements,
  sumIgnored,
  Traits,
} from "./migrations/mod.ts";
import { refuseOpenTransaction, refuseTransactionControl } from "./transaction_control.ts";

/**
 * The statements of a planned file, those that were executed before too, if it may be executed:
 * this is asked of every file, whichever engine has it. `traits` receives what they are like.
 *
 * @throws {MigrateError} its fault, `sum_ignored`, `statement_syntax`, `transaction_control`,
 * `transaction_open`, `history_changed` when a statement that an earlier run executed is no longer the same.
 */
export function executableStatements(file: PlannedFile, traits = new Traits()): Statements {
  const { fault, migration, previous, txMode } = file;
  if (fault !== undefined) throw fault;
  if (migration.hash === "") throw sumIgnored([migration.path]);
  const statements = new Statements(traits.noting(migration.texts), { file: migration.path });
  const noted = traits.notingEach(statements);
  if (txMode === "none") refuseOpenTransaction(migration, noted);
  else refuseTransactionControl(migration, noted);
  if (previous !== undefined) {
    const executed = statements[Symbol.iterator]().take(previous.applied);
    checkResume(migration, previous, statementHashes(executed.map(({ text }) => text)));
  }
  return statements;
}
