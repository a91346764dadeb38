import { MigrateError } from "./errors.ts";
import { nameOf } from "./failure.ts";
import { type Migration, position, type Statement } from "./migrations/mod.ts";

// BEGIN ATOMIC is the body of a function and never stands alone at the start of a statement.
const CONTROL =
  /^(?:begin|start\s+transaction|commit|end|abort|rollback(?!\s+(?:work\s+|transaction\s+)?to\b)|prepare\s+transaction)\b/i;

/**
 * Refuses a file that ends or begins transactions of its own while it runs inside one. Atlas goes
 * through with it: the work up to the `COMMIT` stays whatever happens later, and the run ends with
 * `unexpected transaction status idle`. (`SAVEPOINT` and `ROLLBACK TO` are no trouble.)
 *
 * @throws {MigrateError} `transaction_control` with file and line.
 */
export function refuseTransactionControl(
  migration: Migration,
  statements: readonly Statement[],
): void {
  for (const { text, offset } of statements) {
    const found = CONTROL.exec(text);
    if (found === null) continue;
    const { line } = position(migration.text, offset);
    throw new MigrateError(
      "transaction_control",
      `Cannot apply ${nameOf(migration)}: line ${line} has ${
        found[0].toUpperCase()
      }, but the file runs in a transaction`,
      {
        details: [`${migration.path}:${line}`],
        hint:
          'Remove it, or make "-- atlas:txmode none" and an empty line the first two lines of the file',
        data: { file: migration.path, line },
      },
    );
  }
}
