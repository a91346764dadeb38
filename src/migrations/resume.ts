import { MigrateError } from "../errors.ts";
import { resolveSteps } from "./order_faults.ts";
import type { Migration } from "./pool.ts";
import type { Revision } from "./revision.ts";

/**
 * Checks that the statements which an earlier run executed are still the same. Later ones may have
 * been repaired (Atlas' `sql/migrate`, `Executor.Execute`).
 *
 * @throws {MigrateError} `history_changed` with the number of the first that is not.
 */
export function checkResume(
  migration: Migration,
  revision: Revision,
  hashes: readonly string[],
): void {
  for (let i = 0; i < revision.applied; i++) {
    const recorded = revision.partialHashes[i];
    if (recorded !== undefined && recorded === hashes[i]) continue;
    throw new MigrateError(
      "history_changed",
      `Cannot go on with "${migration.file}": statement ${
        i + 1
      } has been executed, and has changed since`,
      {
        details: [migration.path],
        hint:
          `Restore the first ${revision.applied} statements as they were, and change only what comes after them; or see to the file by hand and record it`,
        next: resolveSteps(migration.version),
        data: { file: migration.path, version: migration.version, statement: i + 1 },
      },
    );
  }
}
