import { findOrphans } from "../atlas/mod.ts";
import { LOCKS, type Session, takeLock, type TakenLocks, tryRunLocks } from "../postgres/mod.ts";

/** How long to try for the locks of a run, and whom to tell. */
export interface RunLockOptions {
  readonly lockTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Called once if somebody else holds a lock, with who. */
  readonly onWait: (holder: string) => void;
}

/**
 * Takes our lock, then Atlas', so that nobody works on the history beside us; `taken` are those that
 * a first try has brought. Returns when the time for locks is over, in milliseconds of
 * `performance.now()`.
 *
 * @throws {MigrateError} `lock_timeout`, `interrupted`.
 */
export async function takeRunLocks(
  session: Session,
  options: RunLockOptions & { readonly taken?: TakenLocks },
): Promise<number> {
  const { lockTimeoutMs, onWait, signal } = options;
  const taken = options.taken ?? await tryRunLocks(session);
  const deadline = performance.now() + lockTimeoutMs;
  const lock = { deadline, timeoutMs: lockTimeoutMs, signal, onWait };
  if (!taken.own) await takeLock(session, LOCKS.own, lock);
  if (!taken.atlas) await takeLock(session, LOCKS.atlas, { ...lock, about: describeOrphans });
  return deadline;
}

/** Who may hold Atlas' lock although no run is to be seen. */
export async function describeOrphans(): Promise<string> {
  const pids = await findOrphans();
  if (pids.length === 0) return "";
  return `; Atlas of a run that was killed still works here (process ${pids.join(", ")})`;
}
