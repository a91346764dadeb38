import type { Database } from "../database.ts";
import {
  boundLockWaits,
  findRevisions,
  LOCKS,
  readRevisions,
  refuseUnfit,
  type RevisionsTable,
  Session,
  takeLock,
  toRefusal,
} from "../postgres/mod.ts";
import type { Pool, Revision } from "../migrations/mod.ts";

/** What every change of the history needs to know. */
export interface RecordRequest {
  readonly database: Database;
  readonly pool: Pool;
  readonly revisionsSchema: string | undefined;
  readonly lockTimeoutMs: number;
  /** Who we are in the history, as `hotpot-migrate 0.1.0`. */
  readonly operator: string;
  readonly signal: AbortSignal;
  readonly redact: (text: string) => string;
  /** Called once if somebody else holds the lock, with who. */
  readonly onWait: (holder: string) => void;
  /** Shows what is about to be recorded; only if it says so is it recorded. */
  readonly confirm: (what: string) => boolean;
}

/** The history, and nobody else at work on it. */
export interface LockedHistory {
  readonly session: Session;
  readonly table: RevisionsTable;
  readonly rows: readonly Revision[];
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
  work: (history: LockedHistory) => Promise<T>,
): Promise<T> {
  const { database, lockTimeoutMs, onWait, redact, revisionsSchema, signal } = request;
  await using session = await Session.open(database, { signal, redact });
  await refuseUnfit(session, request);
  try {
    await boundLockWaits(session, STATEMENT_LOCK_TIMEOUT_MS);
    const deadline = performance.now() + lockTimeoutMs;
    const lock = { deadline, timeoutMs: lockTimeoutMs, signal, onWait };
    await takeLock(session, LOCKS.own, lock);
    await takeLock(session, LOCKS.atlas, lock);
    const table = await findRevisions(session, revisionsSchema);
    return await work({ session, table, rows: await readRevisions(session, table) });
  } catch (error) {
    throw toRefusal(error, "record the history");
  }
}
