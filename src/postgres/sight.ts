import type { Sight } from "../report.ts";
import { lockRow, LOCKS } from "./lock.ts";
import type { Session } from "./session.ts";
import { describeSession, sessionColumns } from "./session_name.ts";

/** Who a session waits for, in the columns that `describeBlocker` reads; `pid` is SQL. */
export function blockersOf(pid: string): string {
  return `select b.pid, ${sessionColumns("coalesce(a.xact_start, a.backend_start)")}
    from unnest(pg_blocking_pids(${pid})) as b (pid) left join pg_stat_activity a on a.pid = b.pid`;
}

/** A session that blocks another, for people. */
export function describeBlocker(row: Readonly<Record<string, unknown>>): string {
  // Who blocks without a backend is a prepared transaction: pg_blocking_pids() calls it 0.
  return row["pid"] === 0
    ? "a prepared transaction (pg_prepared_xacts)"
    : describeSession(row, "busy");
}

/**
 * The backend that works for Atlas, as SQL: Atlas' lock is held by a connection that does nothing
 * else, and the statements come from one that it opens beside that.
 */
export const ATLAS_WORKER = `(select w.pid from pg_locks l
  join pg_stat_activity h on h.pid = l.pid
  join pg_stat_activity w on w.datid = h.datid and w.usesysid = h.usesysid
    and w.application_name = h.application_name and w.backend_start >= h.backend_start
    and w.client_addr is not distinct from h.client_addr
  where l.granted and ${lockRow(LOCKS.atlas)} and w.pid not in (h.pid, pg_backend_pid())
    and w.state !~ '^idle' order by w.backend_start limit 1)`;

/** What a session is doing, and nothing where it does nothing; `pid` is SQL. */
export async function readSight(
  eye: Session,
  pid: string,
): Promise<Omit<Sight, "blockers"> | undefined> {
  const [row] = await eye.query(sightQuery(pid, eye.facts.serverVersion));
  if (row === undefined) return undefined;
  const phase = row["phase"];
  const total = Number(row["total"]);
  return {
    statement: String(row["query"]),
    elapsedMs: Math.max(0, Number(row["elapsed_ms"])),
    ...(typeof phase === "string" && phase !== "" ? { phase } : {}),
    ...(total > 0 ? { percent: Math.min(100, Math.floor(100 * Number(row["done"]) / total)) } : {}),
  };
}

// https://www.postgresql.org/docs/current/progress-reporting.html
function sightQuery(pid: string, version: number): string {
  const progress = [
    `select pid, phase,
      case when phase ~ '^waiting' then lockers_done when phase ~ 'tuples in tree' then tuples_done
        when phase ~ 'sorting' then 0 else blocks_done end as done,
      case when phase ~ '^waiting' then lockers_total when phase ~ 'tuples in tree' then tuples_total
        when phase ~ 'sorting' then 0 else blocks_total end as total
      from pg_stat_progress_create_index`,
    "select pid, phase, heap_blks_scanned, heap_blks_total from pg_stat_progress_cluster",
    "select pid, phase, heap_blks_scanned, heap_blks_total from pg_stat_progress_vacuum",
    "select pid, phase, sample_blks_scanned, sample_blks_total from pg_stat_progress_analyze",
    ...(version >= 140000
      ? ["select pid, 'copying', bytes_processed, bytes_total from pg_stat_progress_copy"]
      : []),
  ].join(" union all ");
  return `select a.query, extract(epoch from clock_timestamp() - a.query_start) * 1000 as elapsed_ms,
      p.phase, p.done, p.total
    from pg_stat_activity a left join (${progress}) p on p.pid = a.pid
    where a.pid = ${pid} and a.state !~ '^idle' limit 1`;
}
