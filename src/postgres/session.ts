import postgres from "postgres";
import { describeDatabase } from "../dsn.ts";
import type { Database } from "../database.ts";
import { interrupted, MigrateError } from "../errors.ts";
import type { Sight } from "../report.ts";
import { toConnectError } from "./connect_error.ts";
import { isFatal, lastOf, type Row, rowsOf, serverError } from "./driver_answer.ts";
import { type Login, logIn, type LogInOptions } from "./log_in.ts";
import { type Patience, pause } from "./patience.ts";
import { readFields, ServerError } from "./server_error.ts";
import type { SessionFacts } from "./session_facts.ts";
import type { TlsPlan } from "./socket.ts";
import { planTls } from "./tls.ts";
import { Watch } from "./watch.ts";
import { Wire } from "./wire.ts";

export type { Row, SessionFacts };

/** How soon to ask again to cancel: the first time may have met the end of a statement. */
const CANCEL_AGAIN_MS = 50;

/** What the server answered to one text of several: a command tag, or an error. */
export interface Answer {
  readonly tag?: string;
  readonly error?: unknown;
}

/** What opening a session needs besides the database; one that is open is ended by disposing of it. */
export interface SessionOptions extends LogInOptions {
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
  readonly seen: Login["seen"];
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
    parts: Login & { readonly wire: Wire },
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
    const { look, ...bare } = options;
    const attempt = async (tls: TlsPlan, asked: LogInOptions) => {
      const wire = new Wire(database, tls);
      return new Session({ ...await logIn(wire, database, { ...asked, signal }), wire }, options);
    };
    let refusal: unknown;
    try {
      for (const tls of plans) {
        try {
          return await attempt(tls, options).catch(async (error) => {
            // A pooler may give each statement another session, and then wants no transactions.
            if (look === undefined || !isCode(error, "08P01")) throw error;
            return await attempt(tls, bare);
          });
        } catch (error) {
          refusal = error;
          // No entry of pg_hba.conf for this way; `allow` and `prefer` have another.
          if (!isCode(error, "28000")) break;
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
   * Sends one text as a simple query and waits for the answer: the rows of each of its commands that
   * has some, in order.
   *
   * @throws as `query`.
   */
  async queryAll(text: string): Promise<readonly (readonly Row[])[]> {
    return rowsOf(await this.#watched(text));
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
          return { tag: lastOf(await this.#tell(text)).command ?? "" };
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
    return lastOf(await this.#watched(text));
  }

  async #watched(text: string): Promise<postgres.RowList<Row[]>> {
    const answered = this.#watch?.begin();
    try {
      return await this.#tell(text);
    } finally {
      answered?.();
    }
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

function isCode(error: unknown, sqlstate: string): boolean {
  return error instanceof ServerError && error.sqlstate === sqlstate;
}
