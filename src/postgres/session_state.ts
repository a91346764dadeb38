import { MigrateError } from "../errors.ts";
import type { Session } from "./session.ts";

/**
 * Ends the wait of any statement for a lock after a time: who waits in PostgreSQL's queue stops all
 * who come after. A statement of a migration may choose another time; 0 means no end.
 */
export async function boundLockWaits(session: Session, timeoutMs: number): Promise<void> {
  await session.run(lockTimeout(timeoutMs));
}

/** The statement that sets how long a statement may wait for a lock. */
export function lockTimeout(ms: number): string {
  return `set lock_timeout = ${Math.round(ms)}`;
}

/**
 * Brings a session back to the state in which it began, so that no file depends on the settings of
 * the one before: step-by-step and fresh application would differ. `DISCARD ALL` would do it, but
 * it drops the locks too. Checks in the same round trip that the locks are still ours: a migration
 * may have called `pg_advisory_unlock_all()`.
 *
 * @throws {MigrateError} `lock_lost` when one is gone.
 */
export async function resetSession(
  session: Session,
  options: { readonly locks: readonly number[]; readonly lockTimeoutMs: number },
): Promise<void> {
  const { lockTimeoutMs, locks } = options;
  const rows = await session.query(
    `${resetText(lockTimeoutMs)}; select (${locksHeld(locks)}) as held`,
  );
  if (locks.length > 0 && rows[0]?.["held"] !== locks.length) throw lockLost();
}

/** The error of a run that no longer keeps others out. */
export function lockLost(): MigrateError {
  return new MigrateError("lock_lost", "Cannot go on: this session no longer holds its lock", {
    hint:
      "Remove pg_advisory_unlock_all() from the migration that calls it, then run the same command again",
  });
}

/** The commands that bring a session back to the state in which it began, with that lock time-out. */
export function resetText(lockTimeoutMs: number): string {
  return `reset session authorization; reset role; reset all; ${lockTimeout(lockTimeoutMs)};
    discard temp; discard plans; discard sequences; deallocate all; close all; unlisten *`;
}

/** A query for how many of these locks the session holds. */
export function locksHeld(locks: readonly number[]): string {
  return `select count(distinct objid)::int from pg_catalog.pg_locks
    where pid = pg_catalog.pg_backend_pid() and granted
      and locktype = 'advisory' and classid = 0 and objsubid = 1 and objid in (${
    locks.join(", ")
  })`;
}
