import type { Pool } from "../migrations/mod.ts";
import {
  boundLockWaits,
  findRevisions,
  readRevisions,
  refuseUnfit,
  Session,
  toRefusal,
} from "../postgres/mod.ts";
import type { LookRequest, View } from "./look.ts";
import { type RunLockOptions, takeRunLocks } from "./run_locks.ts";

/** What every change of the history needs to know. */
export interface RecordRequest extends LookRequest, RunLockOptions {
  readonly pool: Pool;
  /** Who we are in the history, as `hotpot-migrate 0.1.0`. */
  readonly operator: string;
  /** Shows what is about to be recorded, and throws if it shall not be. */
  readonly confirm: (what: string) => Promise<void>;
}

/** How long a change of the history waits for others who use the table. */
const STATEMENT_LOCK_TIMEOUT_MS = 3_000;

/**
 * Does something with the history while no run of ours or of Atlas can be at work.
 *
 * @throws {MigrateError} the codes of `Session.open`, `refuseUnfit`, `takeLock`, `findRevisions`;
 * `permission_denied`, `database_error`.
 */
export async function underLocks<T>(
  request: RecordRequest,
  work: (view: View) => Promise<T>,
): Promise<T> {
  const { database, redact, revisionsSchema, signal } = request;
  await using session = await Session.open(database, { signal, redact });
  await refuseUnfit(session, request);
  try {
    await boundLockWaits(session, STATEMENT_LOCK_TIMEOUT_MS);
    await takeRunLocks(session, request);
    const table = await findRevisions(session, revisionsSchema);
    return await work({ session, table, rows: await readRevisions(session, table) });
  } catch (error) {
    throw toRefusal(error, "record the history");
  }
}
