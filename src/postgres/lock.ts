import { interrupted, MigrateError } from "../errors.ts";
import { pause } from "./patience.ts";
import type { Session } from "./session.ts";
import { describeSession, sessionColumns } from "./session_name.ts";

/**
 * The keys of the session-level advisory locks. Atlas makes its keys by FNV-1 (32 bits, unsigned)
 * over a name; ours is made the same way over another name. Taken in this order.
 */
export const LOCKS = {
  /** Over `hotpot_migrate_execute`: one `migrate` at a time. */
  own: lockKey("hotpot_migrate_execute"),
  /** Over `atlas_migrate_execute`: what `atlas migrate apply` takes (Atlas' `sql/postgres`, `Driver.Lock`). */
  atlas: lockKey("atlas_migrate_execute"),
} as const;

/** How long to try for a lock, and whom to tell. */
export interface LockOptions {
  /** When to give up, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** The whole time-out that the deadline came from, for the message. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Called once if the lock is not free at once, with who holds it. */
  readonly onWait?: (holder: string) => void;
  /** What else is known of who may hold it, for the end of the sentence. */
  readonly about?: () => Promise<string>;
}

/**
 * Takes a lock for as long as the session lives. It polls: a session that blocks in
 * `pg_advisory_lock` holds a snapshot, and `CREATE INDEX CONCURRENTLY` of the holder would wait for
 * it for ever.
 *
 * @throws {MigrateError} `lock_timeout` with who holds it; `interrupted`.
 */
export async function takeLock(session: Session, key: number, options: LockOptions): Promise<void> {
  let waitMs = 25;
  let told = false;
  const describe = async () =>
    `${await describeHolder(session, key)}${await options.about?.() ?? ""}`;
  while (!await tryLock(session, key)) {
    const left = options.deadline - performance.now();
    if (left <= 0) {
      const holder = await describe();
      throw new MigrateError(
        "lock_timeout",
        `Cannot start: another migration is running on "${session.facts.database}" (waited ${
          options.timeoutMs / 1000
        } s)`,
        {
          details: [`the lock is held by ${holder}`],
          hint: "Wait for it to end, or wait longer for it",
          next: [
            { command: "migrate status", when: "who is migrating, and how far it is" },
            { command: "migrate --lock-timeout 5m", when: "apply, and wait longer" },
          ],
          data: { holder },
        },
      );
    }
    if (!told) {
      told = true;
      options.onWait?.(await describe());
    }
    if (!await pause(Math.min(left, waitMs * (1 + Math.random())), options.signal)) {
      throw interrupted("Stopped while waiting for the lock");
    }
    waitMs = Math.min(waitMs * 2, 1000);
  }
}

/** Which locks of a run a first try has brought. */
export interface TakenLocks {
  readonly own: boolean;
  readonly atlas: boolean;
}

/** Tries once for both locks of a run, in their order, in one round trip. */
export async function tryRunLocks(session: Session): Promise<TakenLocks> {
  // The inner query is made first, and once: nobody may hold the second lock without the first.
  const [row] = await session.query(`
    select own, case when own then pg_try_advisory_lock(${LOCKS.atlas}) else false end as atlas
    from (select pg_try_advisory_lock(${LOCKS.own}) as own offset 0) first`);
  return { own: row?.["own"] === true, atlas: row?.["atlas"] === true };
}

/** Gives a lock back while the session goes on. */
export async function releaseLock(session: Session, key: number): Promise<void> {
  await session.query(`select pg_advisory_unlock(${key})`);
}

/** Atlas' way to a lock's key from its name: FNV-1 over its bytes, 32 bits, unsigned. */
export function lockKey(name: string): number {
  let hash = 2166136261;
  for (const byte of new TextEncoder().encode(name)) {
    hash = Math.imul(hash, 16777619) ^ byte;
  }
  return hash >>> 0;
}

async function tryLock(session: Session, key: number): Promise<boolean> {
  const [row] = await session.query(`select pg_try_advisory_lock(${key}) as taken`);
  return row?.["taken"] === true;
}

async function describeHolder(session: Session, key: number): Promise<string> {
  return await holderOf(session, key) ?? "a session that has just ended";
}

/** Who holds a lock at this moment: process, name, address, since when it is connected. */
async function holderOf(session: Session, key: number): Promise<string | undefined> {
  return (await findHolder(session, key))?.text;
}

/** Who holds a lock at this moment, in words and as the process to end. */
export async function findHolder(
  session: Session,
  key: number,
): Promise<{ readonly pid: number; readonly text: string } | undefined> {
  const [row] = await session.query(`
    select l.pid, ${sessionColumns("a.backend_start")}
    from pg_locks l left join pg_stat_activity a on a.pid = l.pid
    where l.granted and ${lockRow(key)} limit 1`);
  return row === undefined
    ? undefined
    : { pid: Number(row["pid"]), text: describeSession(row, "connected") };
}

/** Who is migrating at this moment, through us or through Atlas. */
export async function runnerOf(session: Session): Promise<string | undefined> {
  return await holderOf(session, LOCKS.own) ?? await holderOf(session, LOCKS.atlas);
}

/** The condition on `pg_locks` for one of our locks in this database, as SQL. */
export function lockRow(key: number): string {
  // A key below 2^32 stands in objid alone; objsubid 1 marks the form with one 64-bit key:
  // https://www.postgresql.org/docs/current/view-pg-locks.html
  return `locktype = 'advisory' and classid = 0 and objid = ${key} and objsubid = 1
    and database = (select oid from pg_database where datname = current_database())`;
}
