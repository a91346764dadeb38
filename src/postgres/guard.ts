import { literal } from "./quote.ts";
import { qualified, type RevisionsTable } from "./revisions.ts";
import { locksHeld } from "./session_state.ts";

/** What a guard makes sure of. */
export interface GuardOptions {
  readonly table: RevisionsTable;
  /** The backend that all of this is meant for. */
  readonly pid: number;
  /** The keys of the locks that it must hold. */
  readonly locks: readonly number[];
  /** The version that must stand in the history as done; none before the first file. */
  readonly after: string | undefined;
}

/**
 * The command with which a session is told that it stands behind a file, all settings of which are
 * gone: the last one of what brings them back.
 */
export function standBehind(version: string | undefined): string {
  return `set hotpot_migrate.after = ${literal(version ?? "")}`;
}

/**
 * A statement that fails, and so makes the transaction fail in which it stands, unless the file
 * before is recorded as applied, and this is the same backend and still holds the locks. Its
 * SQLSTATE is `HP001`; class HP is nobody's:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function guard({ after, locks, pid, table }: GuardOptions): string {
  const holds = [
    `pg_catalog.pg_backend_pid() = ${pid}`,
    `pg_catalog.current_setting('hotpot_migrate.after', true) = ${literal(after ?? "")}`,
    ...(locks.length === 0 ? [] : [`(${locksHeld(locks)}) = ${locks.length}`]),
    ...(after === undefined
      ? []
      : [`exists (select from ${qualified(table)} where version = ${literal(after)}
        and applied = total)`]),
  ];
  const body = `begin
  if not (${holds.join("\n    and ")}) then
    raise exception using errcode = 'HP001', message = 'not at the end of the file before';
  end if;
end`;
  return `do ${literal(body)}`;
}
