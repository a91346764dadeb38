import { MigrateError } from "../errors.ts";
import type { Session } from "./session.ts";

/**
 * Brings a session back to the state in which it began, so that no file depends on the settings of
 * the one before: step-by-step and fresh application would differ. `DISCARD ALL` would do it, but
 * it drops the locks too. Checks in the same round trip that the locks are still ours: a migration
 * may have called `pg_advisory_unlock_all()`.
 *
 * @throws {MigrateError} `lock_lost` when one is gone.
 */
export async function resetSession(session: Session, locks: readonly number[]): Promise<void> {
  const rows = await session.query(`
    reset session authorization; reset role; reset all; discard temp; discard plans;
    discard sequences; deallocate all; close all; unlisten *;
    select count(distinct objid)::int as held from pg_locks where pid = pg_backend_pid() and granted
      and locktype = 'advisory' and classid = 0 and objsubid = 1 and objid in (${
    locks.join(", ")
  })`);
  if (locks.length > 0 && rows[0]?.["held"] !== locks.length) {
    throw new MigrateError("lock_lost", "Cannot go on: this session no longer holds its lock", {
      hint:
        "Remove pg_advisory_unlock_all() from the migration that calls it, then run the same command again",
    });
  }
}
