import postgres from "postgres";
import { describeDatabase } from "../dsn.ts";
import type { Database } from "../database.ts";
import { interrupted, MigrateError } from "../errors.ts";
import type { Sight } from "../report.ts";
import { toConnectError } from "./connect_error.ts";
import { readFields, ServerError, type ServerFields } from "./server_error.ts";
import { FACTS, readFacts, type SessionFacts } from "./session_facts.ts";
import { planTls } from "./tls.ts";
import { type Patience, pause } from "./patience.ts";
import { Watch } from "./watch.ts";
import { Wire } from "./wire.ts";

export type { SessionFacts };

/** How soon to ask again to cancel: the first time may have met the end of a statement. */
const CANCEL_AGAIN_MS = 50;

/** The driver takes a socket from outside; its types do not say so. */
type DriverOptions = postgres.Options<Record<string, never>> & {
  readonly socket: () => Promise<unknown>;
  readonly max_pipeline: number;
};

/** One row of a result; values are what the driver makes of PostgreSQL's types. */
export type Row = Readonly<Record<string, unknown>>;

/** What the server answered to one text of several: a command tag, or an error. */
export interface Answer {
  readonly tag?: string;
  readonly error?: unknown;
}

/** What opening a session needs besides the database. */
export interface SessionOptions {
  /** Ends the attempt; a session that is open is ended by disposing of it. */
  readonly signal: AbortSignal;
  /** Hides secrets in what the server says. */
  readonly redact: (text: string) => string;
  /** Receives what the server tells besides answers. */
  readonly onNotice?: (notice: ServerFields) => void;
  /**
   * What to ask in the same breath as for the facts: commands that only read, with `;` between. They
   * are executed in one snapshot, and their rows stand in `seen`.
   */
  readonly look?: string;
  /** Watches over every answer, with a second connection where one is late. */
  readonly patience?: Patience;
  /** Receives what that second connection sees. */
  readonly onSight?: (sight: Sight) => void;
}

/**
 * One connection to PostgreSQL that never comes back: when it is lost its locks are lost, so every
 * later call fails with `connection_lost` instead of reconnecting in silence.
 */
export class Session implements AsyncDisposable {
  readonly facts: SessionFacts;
  /** Where it is connected to, with the `sslmode` that `allow` or `prefer` came to. */
  readonly database: Database;
  /** The rows of each command of `look` that has some; nothing where the server refused them. */
  readonly seen: readonly (readonly Row[])[] | undefined;
  readonly #sql: postgres.Sql;
  readonly #wire: Wire;
  readonly #redact: (text: string) => string;
  readonly #watch: Watch | undefined;
  /**
   * Who waits for an answer: the driver would go on in vain after the end of the connection. A promise
   * of that end would keep all answers that were ever awaited beside it.
   */
  readonly #waiting = new Set<(error: Error) => void>();

  private constructor(
    parts: Greeting & { sql: postgres.Sql; wire: Wire; database: Database },
    { onSight, patience, redact }: SessionOptions,
  ) {
    const { database, facts, seen, sql, wire } = parts;
    this.facts = facts;
    this.seen = seen;
    this.database = database;
    this.#sql = sql;
    this.#wire = wire;
    this.#redact = redact;
    wire.ended.then(() => {
      for (const reject of this.#waiting) reject(new Error("the connection was closed"));
    });
    if (patience === undefined) return;
    // Under another role a user may not see what his own sessions do.
    const { role: _, ...outside } = database;
    const connectTimeoutMs = Math.min(database.connectTimeoutMs, patience.silenceMs);
    this.#watch = new Watch({
      facts,
      received: () => wire.received,
      open: (signal) => Session.open({ ...outside, connectTimeoutMs }, { redact, signal }),
      onSight: onSight &&
        ((sight) => onSight({ ...sight, statement: redact(sight.statement) })),
      onSilence: () => wire.giveUp(`no sign of life for ${patience.silenceMs / 1000} s`),
    }, patience);
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
          // A pooler may give each statement another session, and then wants no transactions.
          if (error instanceof ServerError && error.sqlstate === "08P01" && options.look) {
            const { look: _, ...rest } = options;
            return await Session.open(database, rest);
          }
          // No entry of pg_hba.conf for this way; `allow` and `prefer` have another.
          if (!(error instanceof ServerError && error.sqlstate === "28000")) break;
        }
      }
    } finally {
      clearTimeout(timer);
    }
    if (options.signal.aborted) throw interrupted("Stopped while connecting");
    throw toConnectError(refusal, {
      database,
      timedOut: deadline.signal.aborted,
      redact: options.redact,
    });
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
      // Who sends ahead counts himself what is unanswered.
      max_pipeline: Number.MAX_SAFE_INTEGER,
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
      const greeting = await Promise.race([greet(sql, options), aborted(options.signal)]);
      return new Session({ ...greeting, sql, wire, database: settledOn(wire, database) }, options);
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

  /**
   * Sends texts one behind the other without waiting, each as a simple query of its own, and returns
   * the rows of each command that has some, in order.
   *
   * @throws what `query` throws, for the first text that fails; those behind it were sent too.
   */
  async queries(texts: readonly string[]): Promise<readonly (readonly Row[])[]> {
    const answered = this.#watch?.begin();
    try {
      const answers = await Promise.allSettled(texts.map((text) => this.#tell(text)));
      return answers.flatMap((answer) => {
        if (answer.status === "rejected") throw answer.reason;
        return rowsOf(answer.value);
      });
    } finally {
      answered?.();
    }
  }

  /**
   * Sends one text as a simple query and returns the command tag of its last result, as `COMMIT`.
   * While it runs, `stop` has the server asked to cancel it, and nothing that comes after it.
   */
  async run(text: string, stop?: AbortSignal): Promise<string> {
    let asked: Promise<void> | undefined;
    const cancel = () => asked = this.cancel();
    stop?.addEventListener("abort", cancel);
    try {
      const result = await this.#send(text);
      return result.command ?? "";
    } finally {
      stop?.removeEventListener("abort", cancel);
      if (asked !== undefined) {
        await asked;
        await this.#absorb();
      }
    }
  }

  /**
   * Sends texts one behind the other without waiting, each as a simple query of its own, and returns
   * all answers in order: an error keeps the server from none of those behind it. `stop` has it
   * cancel whatever of them runs, again and again.
   */
  async pipeline(texts: readonly string[], stop?: AbortSignal): Promise<readonly Answer[]> {
    const answered = this.#watch?.begin();
    const over = new AbortController();
    let cancelled: Promise<void> | undefined;
    const cancel = () => cancelled = this.cancelUntil(over.signal);
    stop?.addEventListener("abort", cancel, { once: true });
    try {
      return await Promise.all(texts.map(async (text): Promise<Answer> => {
        try {
          return { tag: (await this.#ask(text)).command ?? "" };
        } catch (error) {
          return { error };
        }
      }));
    } finally {
      answered?.();
      stop?.removeEventListener("abort", cancel);
      over.abort();
      await cancelled;
    }
  }

  /** Asks the server to cancel what is running until `over` fires, and nothing that comes later. */
  async cancelUntil(over: AbortSignal): Promise<void> {
    do await this.cancel(); while (await pause(CANCEL_AGAIN_MS, over));
    await this.#absorb();
  }

  /** Lets a request to cancel that may come too late hit something of no importance. */
  async #absorb(): Promise<void> {
    try {
      await this.#send("select 1");
    } catch {
      // It was hit, or the transaction has failed, or the connection is lost, as others will notice.
    }
  }

  async #send(text: string): Promise<postgres.RowList<Row[]>> {
    const answered = this.#watch?.begin();
    try {
      return await this.#ask(text);
    } finally {
      answered?.();
    }
  }

  async #ask(text: string): Promise<postgres.RowList<Row[]>> {
    const result = await this.#tell(text);
    // Of a text with several commands the driver makes a list of results.
    const last: unknown = result.at(-1);
    return Array.isArray(last) ? last as postgres.RowList<Row[]> : result;
  }

  async #tell(text: string): Promise<postgres.RowList<Row[]>> {
    if (this.#wire.closed) throw this.#lostError();
    const { promise: over, reject } = Promise.withResolvers<never>();
    this.#waiting.add(reject);
    try {
      return await Promise.race([this.#sql.unsafe<Row[]>(text), over]);
    } catch (error) {
      if (error instanceof postgres.PostgresError && !isFatal(error)) {
        throw serverError(error, this.#redact, this.#watch?.blockers);
      }
      throw this.#lostError(error);
    } finally {
      this.#waiting.delete(reject);
    }
  }

  #lostError(cause?: unknown): MigrateError {
    const fatal = this.#wire.fatal();
    const told = fatal === undefined ? this.#wire.reason : readFields(fatal, this.#redact).message;
    const reason = told === undefined ? "" : `: ${told}`;
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

  /** Drops the connection without a word; whoever waits for an answer gets `connection_lost`. */
  drop(): void {
    this.#wire.giveUp("no answer in time");
  }

  /** Ends the session: the server rolls back what is open and releases its locks. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch?.[Symbol.asyncDispose]();
    // Of a connection that is over the driver would wait for a farewell.
    await this.#sql.end({ timeout: this.#wire.closed ? 0 : 1 });
    this.#wire.destroy();
  }
}

/** What the first question has found out. */
interface Greeting {
  readonly facts: SessionFacts;
  readonly seen: Session["seen"];
}

/** Asks the first question, and if the server refuses what is asked besides, only for the facts. */
async function greet(
  sql: postgres.Sql,
  { look, wire }: SessionOptions & { readonly wire: Wire },
): Promise<Greeting> {
  if (look !== undefined) {
    try {
      // A transaction that only reads would pass for a server that lets nobody write.
      const answer = await sql.unsafe<Row[]>(
        `begin isolation level repeatable read; ${FACTS}; set transaction read only; ${look}; rollback`,
      );
      const [facts, ...seen] = rowsOf(answer);
      wire.identify(answer[0] ?? {});
      return { facts: readFacts(facts?.[0] ?? {}, wire.pid), seen };
    } catch (error) {
      if (!(error instanceof postgres.PostgresError) || isFatal(error)) throw error;
      await sql.unsafe("rollback");
    }
  }
  const rows = await sql.unsafe<Row[]>(FACTS);
  wire.identify(rows);
  return { facts: readFacts(rows[0] ?? {}, wire.pid), seen: undefined };
}

function isFatal(error: postgres.PostgresError): boolean {
  return error.severity_local === "FATAL";
}

/** The rows of each command of a text that has some; the driver makes a list only of several. */
function rowsOf(result: postgres.RowList<Row[]>): readonly (readonly Row[])[] {
  const results: unknown[] = Array.isArray(result[0]) ? [...result] : [result];
  return results.filter((each): each is postgres.RowList<Row[]> =>
    Array.isArray(each) && "columns" in each && Array.isArray(each.columns)
  );
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

function serverError(
  error: postgres.PostgresError,
  redact: (text: string) => string,
  blockers: readonly string[] = [],
): ServerError {
  return new ServerError(readFields({ ...error, message: error.message }, redact), blockers);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
