import postgres from "postgres";
import { describeDatabase } from "../dsn.ts";
import type { Database } from "../database.ts";
import { MigrateError } from "../errors.ts";
import { toConnectError } from "./connect_error.ts";
import { readFields, ServerError, type ServerFields } from "./server_error.ts";
import { planTls } from "./tls.ts";
import { Wire } from "./wire.ts";

/** The driver takes a socket from outside; its types do not say so. */
type DriverOptions = postgres.Options<Record<string, never>> & {
  readonly socket: () => Promise<unknown>;
};

/** One row of a result; values are what the driver makes of PostgreSQL's types. */
export type Row = Readonly<Record<string, unknown>>;

/** What opening a session needs besides the database. */
export interface SessionOptions {
  /** Ends the attempt; a session that is open is ended by disposing of it. */
  readonly signal: AbortSignal;
  /** Hides secrets in what the server says. */
  readonly redact: (text: string) => string;
  /** Receives what the server tells besides answers. */
  readonly onNotice?: (notice: ServerFields) => void;
}

/** What a server says of itself and of the session when it begins. */
export interface SessionFacts {
  readonly pid: number;
  /** When the backend started, to tell it from a later one with the same pid. */
  readonly startedAt: string;
  readonly database: string;
  /** As in `server_version_num`: 180004. */
  readonly serverVersion: number;
  readonly serverVersionText: string;
  readonly inRecovery: boolean;
  readonly readOnly: boolean;
}

const FACTS = `select pg_backend_pid() as pid, current_database() as database,
  (select backend_start::text from pg_stat_get_activity(pg_backend_pid())) as started_at,
  current_setting('server_version_num')::int as version, current_setting('server_version') as version_text,
  pg_is_in_recovery() as recovery, current_setting('transaction_read_only') = 'on' as read_only`;

/**
 * One connection to PostgreSQL that never comes back: when it is lost its locks are lost, so every
 * later call fails with `connection_lost` instead of reconnecting in silence.
 */
export class Session implements AsyncDisposable {
  readonly facts: SessionFacts;
  /** Where it is connected to, with the `sslmode` that `allow` or `prefer` came to. */
  readonly database: Database;
  readonly #sql: postgres.Sql;
  readonly #wire: Wire;
  readonly #redact: (text: string) => string;

  private constructor(
    parts: { sql: postgres.Sql; wire: Wire; facts: SessionFacts; database: Database },
    redact: (text: string) => string,
  ) {
    this.facts = parts.facts;
    this.database = parts.database;
    this.#sql = parts.sql;
    this.#wire = parts.wire;
    this.#redact = redact;
  }

  /**
   * Connects and logs in, within `database.connectTimeoutMs` altogether.
   *
   * @throws {MigrateError} `connection_refused`, `host_unknown`, `connection_timeout`,
   * `tls_refused`, `tls_certificate`, `login_refused`, `database_missing` and the other codes of
   * `toConnectError`; `interrupted` when the signal fires first.
   */
  static async open(database: Database, options: SessionOptions): Promise<Session> {
    const plans = await planTls(database);
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), database.connectTimeoutMs);
    const signal = AbortSignal.any([options.signal, deadline.signal]);
    let refusal: unknown;
    try {
      for (const tls of plans) {
        try {
          return await Session.#openOnce(database, {
            ...options,
            wire: new Wire(database, tls),
            signal,
          });
        } catch (error) {
          refusal = error;
          // No entry of pg_hba.conf for this way; `allow` and `prefer` have another.
          if (!(error instanceof ServerError && error.sqlstate === "28000")) break;
        }
      }
    } finally {
      clearTimeout(timer);
    }
    if (options.signal.aborted) throw new MigrateError("interrupted", "Stopped while connecting");
    throw toConnectError(refusal, { database, timedOut: deadline.signal.aborted });
  }

  static async #openOnce(
    database: Database,
    options: SessionOptions & { readonly wire: Wire },
  ): Promise<Session> {
    const { wire, redact } = options;
    const driver: DriverOptions = {
      host: "unused",
      port: 0,
      user: database.user,
      // A function, or the driver would look for PGPASSWORD when it is empty.
      password: () => database.password ?? "",
      database: database.dbname,
      connection: startUpParameters(database),
      socket: () => wire.open(options.signal),
      ssl: false,
      max: 1,
      max_lifetime: null,
      idle_timeout: 0,
      connect_timeout: 0,
      keep_alive: null,
      backoff: () => 0,
      fetch_types: false,
      prepare: false,
      onnotice: (notice) => options.onNotice?.(readFields({ ...notice }, redact)),
    };
    const sql = postgres(driver);
    try {
      const rows = await Promise.race([sql.unsafe<Row[]>(FACTS), aborted(options.signal)]);
      wire.identify(rows);
      const facts = readFacts(rows[0] ?? {});
      return new Session({ sql, wire, facts, database: settledOn(wire, database) }, redact);
    } catch (error) {
      await sql.end({ timeout: 0 });
      wire.destroy();
      throw error instanceof postgres.PostgresError
        ? serverError(error, redact)
        : wire.error ?? error;
    }
  }

  /** Whether the connection has ended, by either side. */
  get lost(): boolean {
    return this.#wire.closed;
  }

  /**
   * Sends one text as a simple query and waits for the answer: the rows of its last result.
   *
   * @throws {ServerError} when the server refuses it.
   * @throws {MigrateError} `connection_lost` when the connection ends before the answer.
   */
  async query(text: string): Promise<readonly Row[]> {
    return [...await this.#send(text)];
  }

  /** Sends one text as a simple query and returns the command tag of its last result, as `COMMIT`. */
  async run(text: string): Promise<string> {
    const result = await this.#send(text);
    return result.command ?? "";
  }

  async #send(text: string): Promise<postgres.RowList<Row[]>> {
    if (this.#wire.closed) throw this.#lostError();
    try {
      const result = await this.#sql.unsafe<Row[]>(text);
      // Of a text with several commands the driver makes a list of results.
      const last: unknown = result.at(-1);
      return Array.isArray(last) ? last as postgres.RowList<Row[]> : result;
    } catch (error) {
      if (error instanceof postgres.PostgresError && error.severity_local !== "FATAL") {
        throw serverError(error, this.#redact);
      }
      throw this.#lostError(error);
    }
  }

  #lostError(cause?: unknown): MigrateError {
    const fatal = this.#wire.fatal();
    const reason = fatal === undefined ? "" : `: ${readFields(fatal, this.#redact).message}`;
    return new MigrateError(
      "connection_lost",
      `Lost the connection to ${describeDatabase(this.database)}${reason}`,
      {
        hint: "Check that the server is up, then run the same command again",
        cause,
        data: fatal?.["code"] === undefined ? {} : { sqlstate: fatal["code"] },
      },
    );
  }

  /** Asks the server, over a connection of its own, to stop the statement that is running. */
  async cancel(): Promise<void> {
    await this.#wire.cancel();
  }

  /** Ends the session: the server rolls back what is open and releases its locks. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sql.end({ timeout: 1 });
    this.#wire.destroy();
  }
}

/** Others who follow to this database must not choose again, and end up without protection. */
function settledOn(wire: Wire, database: Database): Database {
  if (database.sslmode !== "allow" && database.sslmode !== "prefer") return database;
  // Neither mode asks who the server is; `require` would, with a file of authorities.
  const { sslrootcert: _, ...rest } = database;
  return { ...rest, sslmode: wire.encrypted ? "require" : "disable" };
}

function startUpParameters(database: Database): Record<string, string> {
  return {
    application_name: database.applicationName,
    ...(database.searchPath === undefined ? {} : { search_path: database.searchPath }),
    ...(database.role === undefined ? {} : { role: database.role }),
  };
}

function readFacts(row: Row): SessionFacts {
  return {
    pid: Number(row["pid"]),
    startedAt: String(row["started_at"]),
    database: String(row["database"]),
    serverVersion: Number(row["version"]),
    serverVersionText: String(row["version_text"]),
    inRecovery: row["recovery"] === true,
    readOnly: row["read_only"] === true,
  };
}

function serverError(error: postgres.PostgresError, redact: (text: string) => string): ServerError {
  return new ServerError(readFields({ ...error, message: error.message }, redact));
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
