import type { Row, Session } from "./session.ts";

/** A transaction that is open. */
export interface OpenTransaction {
  /** Nothing for a prepared transaction, which has a name instead. */
  readonly pid: number | undefined;
  /** The name of a prepared transaction. */
  readonly gid: string | undefined;
  readonly user: string;
  readonly application: string;
  readonly address: string;
  /** `active`, `idle in transaction`, `prepared`. */
  readonly state: string;
  readonly ageSeconds: number;
}

/** The transactions of this database that are older than `ageMs`, the oldest first. */
export async function findOldTransactions(
  session: Session,
  ageMs: number,
): Promise<readonly OpenTransaction[]> {
  const since = `clock_timestamp() - interval '${ageMs} milliseconds'`;
  const rows = await session.query(`
    select pid, null as gid, usename as user, application_name as application,
      coalesce(host(client_addr), 'a local socket') as address, state,
      extract(epoch from clock_timestamp() - xact_start)::int as age
    from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
      and backend_type = 'client backend' and xact_start <= ${since}
    union all select null, gid, owner, '', '', 'prepared',
      extract(epoch from clock_timestamp() - prepared)::int
    from pg_prepared_xacts where database = current_database() and prepared <= ${since}
    order by age desc`);
  return rows.map((row) => ({
    pid: row["pid"] === null ? undefined : Number(row["pid"]),
    gid: row["gid"] === null ? undefined : String(row["gid"]),
    user: text(row, "user"),
    application: text(row, "application"),
    address: text(row, "address"),
    state: text(row, "state"),
    ageSeconds: Number(row["age"]),
  }));
}

/** How many sessions of this database the role may not look at. */
export async function countHidden(session: Session): Promise<number> {
  const [row] = await session.query(`select count(*)::int as hidden from pg_stat_activity
    where datname = current_database() and query = '<insufficient privilege>'`);
  return Number(row?.["hidden"]);
}

/** A replication slot that nobody reads. */
export interface IdleSlot {
  readonly name: string;
  /** How much of the write-ahead log it keeps the server from removing. */
  readonly bytes: number;
}

/** The replication slots that nobody reads and that keep more than `bytes` of the log. */
export async function findIdleSlots(
  session: Session,
  bytes: number,
): Promise<readonly IdleSlot[]> {
  const rows = await session.query(`
    select slot_name as name, kept from pg_replication_slots,
      lateral (select pg_wal_lsn_diff(
        case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
        restart_lsn)::float8 as kept) as k
    where not active and kept >= ${bytes} order by kept desc`);
  return rows.map((row) => ({ name: text(row, "name"), bytes: Number(row["kept"]) }));
}

/** How many connections there may be, and how many more. */
export interface Room {
  readonly max: number;
  /** What is left to our role: of the server, of the database, of the role, whichever is least. */
  readonly left: number;
}

/** Counts the connections that are left to the role that has logged in. */
export async function countRoom(session: Session): Promise<Room> {
  const [row] = await session.query(`
    with backends as (
      select datid, usesysid from pg_stat_activity
      where datid is not null and coalesce(backend_type, 'client backend') = 'client backend'
    )
    select current_setting('max_connections')::int as max,
      case when r.rolsuper then 0 else current_setting('superuser_reserved_connections')::int
        + coalesce(current_setting('reserved_connections', true), '0')::int end as reserved,
      (select count(*)::int from backends) as used,
      d.datconnlimit as database_limit,
      (select count(*)::int from backends where datid = d.oid) as database_used,
      r.rolconnlimit as role_limit,
      (select count(*)::int from backends where usesysid = r.oid) as role_used, r.rolsuper as super
    from pg_database d, pg_roles r where d.datname = current_database() and r.rolname = session_user`);
  const number = (name: string) => Number(row?.[name]);
  const max = number("max");
  const limits = [max - number("reserved") - number("used")];
  // No limit is -1, and a superuser has none.
  for (const what of row?.["super"] === true ? [] : ["database", "role"]) {
    const limit = number(`${what}_limit`);
    if (limit >= 0) limits.push(limit - number(`${what}_used`));
  }
  return { max, left: Math.max(0, Math.min(...limits)) };
}

/** The size of the database in bytes. */
export async function sizeOf(session: Session): Promise<number> {
  const [row] = await session.query(
    "select pg_database_size(current_database())::float8 as bytes",
  );
  return Number(row?.["bytes"]);
}

function text(row: Row, name: string): string {
  const value = row[name];
  return value === null || value === undefined ? "" : String(value);
}
