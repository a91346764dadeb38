/** What a server says of itself and of the session when it begins. */
export interface SessionFacts {
  readonly pid: number;
  /**
   * When the backend started, to tell it from a later one with the same pid; nothing where the role
   * may not know.
   */
  readonly startedAt: string | undefined;
  /** Whether a pooler stands between: then the session names another process than the start did. */
  readonly pooled: boolean;
  readonly database: string;
  /** As in `server_version_num`: 180004. */
  readonly serverVersion: number;
  readonly serverVersionText: string;
  /** In which isolation a transaction begins, as `read committed`. */
  readonly isolation: string;
  readonly inRecovery: boolean;
  readonly readOnly: boolean;
}

/** When a backend started, as the same text whatever the settings of the session are. */
export const BACKEND_START =
  "to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')";

/** The query that the facts are read from. */
export const FACTS = `select pg_backend_pid() as pid, current_database() as database,
  (select ${BACKEND_START} from pg_stat_get_activity(pg_backend_pid())) as started_at,
  current_setting('server_version_num')::int as version, current_setting('server_version') as version_text,
  current_setting('default_transaction_isolation') as isolation, pg_is_in_recovery() as recovery, current_setting('transaction_read_only') = 'on' as read_only`;

/** Reads the answer, with the process that was named at the start of the session. */
export function readFacts(
  row: Readonly<Record<string, unknown>>,
  named: number | undefined,
): SessionFacts {
  const pid = Number(row["pid"]);
  return {
    pid,
    startedAt: row["started_at"] === null ? undefined : String(row["started_at"]),
    pooled: named !== undefined && named !== pid,
    database: String(row["database"]),
    serverVersion: Number(row["version"]),
    serverVersionText: String(row["version_text"]),
    isolation: String(row["isolation"]),
    inRecovery: row["recovery"] === true,
    readOnly: row["read_only"] === true,
  };
}
