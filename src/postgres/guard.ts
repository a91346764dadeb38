import { literal } from "./quote.ts";
import { locksHeld } from "./session_state.ts";

/** The SQLSTATE of the message with which a guard says that a file begins, by its version. */
export const FILE_BEGINS = "HP002";

/** What a guard makes sure of. */
export interface GuardOptions {
  /** The backend that all of this is meant for. */
  readonly pid: number;
  /** The keys of the locks that it must hold. */
  readonly locks: readonly number[];
  /** The version behind which it must stand; none before the first file. */
  readonly after: string | undefined;
  /** The version of the file that begins behind it. */
  readonly before: string;
}

/**
 * The command with which a transaction says, before it ends, which file it is. One that is not
 * committed has not said it: settings are part of a transaction.
 * https://www.postgresql.org/docs/current/sql-set.html
 */
export function markDone(version: string): string {
  return `set hotpot_migrate.done = ${literal(version)}`;
}

/**
 * A query that fails unless `markDone` was committed for this file. It begins what brings all
 * settings back, this one too; what stands behind it in the same message is then not executed.
 */
export function requireDone(version: string): string {
  // Each branch is a text: what is certain to fail would be computed before anything is asked.
  return `select (case when pg_catalog.current_setting('hotpot_migrate.done', true)
    operator(pg_catalog.=) ${literal(version)}
    then '1' else 'not at the end of the file before' end)::pg_catalog.int4`;
}

/**
 * The command with which a session is told that it stands behind a file, all settings of which are
 * gone: the last one of what brings them back.
 */
export function standBehind(version: string | undefined): string {
  return `set hotpot_migrate.after = ${literal(version ?? "")}`;
}

/**
 * A query that takes the locks once more and tells in `twice` whether they were held: only who holds
 * them twice passes a guard without letting go of them.
 */
export function holdTwice(locks: readonly number[]): string {
  const again = locks.map((key) => `pg_catalog.pg_try_advisory_lock(${key})`).join(" and ");
  if (locks.length === 0) return "select true as twice";
  return `select case when (${
    locksHeld(locks)
  }) = ${locks.length} then ${again} else false end as twice`;
}

/**
 * A statement that fails, and so makes the transaction fail in which it stands, unless the session
 * stands behind the file before (which is then recorded as applied), and this is the same backend
 * and still holds the locks. Its SQLSTATE is `HP001`; class HP is nobody's:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 *
 * Whether a lock is held is seen by giving it back, which fails if it is not, and taking it again.
 * It was taken twice, so nobody else can get it in between. `pg_locks` would tell as well, but reads
 * all locks of the server, and does so for each file. The ways to lose a lock without the backend:
 * a file gives back all of them, itself or in what it calls (then the giving back fails here); it
 * gives back ours by its key (then others may take it, and the taking fails here, or they did not,
 * and nothing has happened). What gives them back in the last file of all is seen by
 * `resetSession`, which does read `pg_locks`.
 *
 * Where it holds it says which file begins, in a message that no setting keeps from the client
 * (`INFO`), so that whatever the server says next is known to be of that file.
 */
export function guard({ after, before, locks, pid }: GuardOptions): string {
  const holds = [
    `pg_catalog.pg_backend_pid() = ${pid}`,
    `pg_catalog.current_setting('hotpot_migrate.after', true) = ${literal(after ?? "")}`,
    // Not `and`, whose sides may be evaluated in any order.
    ...locks.map((key) =>
      `case when pg_catalog.pg_advisory_unlock(${key}) then pg_catalog.pg_try_advisory_lock(${key}) else false end`
    ),
  ];
  const body = `begin
  if not (${holds.join("\n    and ")}) then
    raise exception using errcode = 'HP001', message = 'not at the end of the file before';
  end if;
  raise info using errcode = '${FILE_BEGINS}', message = ${literal(before)};
end`;
  return `do ${literal(body)}`;
}
