import { interruptedIn } from "../failure.ts";
import type { PlannedFile } from "../migrations/mod.ts";
import type { ExecuteOptions } from "./executor.ts";
import { FileWork } from "./file_work.ts";
import { guard, holdTwice, markDone, requireDone, standBehind } from "./guard.ts";
import { insertRevision } from "./revisions.ts";
import { ServerError, STOPPED } from "./server_error.ts";
import type { Answer, Session } from "./session.ts";
import { lockLost, resetSession, resetText } from "./session_state.ts";

/** How many files may be unanswered. */
const MAX_FILES = 64;

/** How much may be, in UTF-16 units: the server's answers wait in buffers that have an end. */
export const MAX_LENGTH = 1 << 20;

/**
 * Between the transactions of files that are sent ahead everything is read-only. Should a `BEGIN`
 * fail, as when a request to cancel meets it, the statements behind it would be executed one by
 * one: this makes them fail.
 */
const READ_ONLY_OUTSIDE = "set default_transaction_read_only = on";
const BEGIN = "begin read write";

/** The time since the transaction began, by the server's clock: nobody here sees the end of it. */
const ELAPSED_NS =
  "(extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.now()) * 1000000000)::bigint";

/** How far it went. */
export interface Landing {
  /** How many files are in, and told. */
  readonly done: number;
  /** Why the file after those is not, where it was tried; the transaction is rolled back. */
  readonly error?: unknown;
  /** That file, where it was looked at and may not be sent ahead. */
  readonly grounded?: FileWork;
}

/** A file on its way. */
interface Flight {
  readonly work: FileWork;
  readonly length: number;
  readonly answers: Promise<readonly Answer[]>;
}

/**
 * Sends files one behind the other, each a transaction of its own with its revision row, without
 * waiting for answers, so that the way to the server is paid once and not for each statement. Each
 * transaction begins with a guard that fails unless the file before is in, so that after an error,
 * a cancellation or whatever else nothing behind it is executed. Stops before the first file that
 * cannot be sent ahead, and returns once everything that was sent is answered.
 *
 * @throws {MigrateError} `interrupted`, `connection_lost`, `lock_lost`.
 */
export async function executeAhead(
  session: Session,
  files: readonly PlannedFile[],
  options: ExecuteOptions,
): Promise<Landing> {
  // A guard is a query, and there the snapshot of the first one is that of the whole transaction:
  // a file that begins with a lock would not see what was committed before it had it.
  if (session.facts.isolation !== "read committed") return { done: 0 };
  const first = prepare(files[0], options);
  if (first === undefined) return { done: 0 };
  if (!mayGoAhead(first)) return { done: 0, grounded: first };
  if (options.signal.aborted) throw interruptedIn(first.file.migration);
  const [row] = await session.query(
    `${READ_ONLY_OUTSIDE}; ${standBehind(undefined)}; ${holdTwice(options.locks)}`,
  );
  if (row?.["twice"] !== true) throw lockLost();
  const fleet = new Fleet(session, options);
  const over = new AbortController();
  let cancelled: Promise<void> | undefined;
  let grounded: FileWork | undefined;
  const cancel = () => cancelled = session.cancelUntil(over.signal);
  options.signal.addEventListener("abort", cancel, { once: true });
  try {
    for (const file of files) {
      const work = file === first.file ? first : prepare(file, options);
      if (work !== undefined && !mayGoAhead(work)) grounded = work;
      if (work === undefined || grounded !== undefined) break;
      if (!await fleet.room(work) || options.signal.aborted) break;
      if (options.enough?.aborted) break;
      fleet.send(work);
    }
    await fleet.land();
  } finally {
    options.signal.removeEventListener("abort", cancel);
    over.abort();
    await cancelled;
  }
  const { done, failure } = fleet;
  if (session.lost && failure !== undefined) throw failure;
  await resetSession(session, options);
  if (failure !== undefined && !(failure instanceof Grounded)) return { done, error: failure };
  return { done, ...(grounded === undefined ? {} : { grounded }) };
}

function prepare(file: PlannedFile | undefined, options: ExecuteOptions): FileWork | undefined {
  if (file?.txMode !== "file" || file.previous !== undefined) return undefined;
  try {
    return new FileWork(file, options.operator);
  } catch {
    // Whoever executes it by itself tells what is wrong with it.
    return undefined;
  }
}

function mayGoAhead(work: FileWork): boolean {
  return work.isPipelinable && work.length <= MAX_LENGTH;
}

/** The files that are on their way, in order. */
class Fleet {
  readonly #session: Session;
  readonly #options: ExecuteOptions;
  readonly #flights: Flight[] = [];
  #last: string | undefined;
  #done = 0;
  #failure: unknown;

  constructor(session: Session, options: ExecuteOptions) {
    this.#session = session;
    this.#options = options;
  }

  /** How many files are in. */
  get done(): number {
    return this.#done;
  }

  /** What the first file failed with that did. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Waits until a file may be sent as well; there is no use in sending behind a failure. */
  async room(work: FileWork): Promise<boolean> {
    const { length } = work;
    const unanswered = () => this.#flights.reduce((sum, flight) => sum + flight.length, length);
    while (
      this.#flights.length >= MAX_FILES ||
      (this.#flights.length > 0 && unanswered() > MAX_LENGTH)
    ) await this.#landFirst();
    return this.#failure === undefined;
  }

  send(work: FileWork): void {
    const { locks, lockTimeoutMs, table } = this.#options;
    const { pid } = this.#session.facts;
    const { version } = work.file.migration;
    const answers = this.#session.pipeline([
      `${BEGIN}; ${guard({ pid, locks, after: this.#last, before: version })}`,
      ...work.left().map(([, { text }]) => text),
      `${insertRevision(table, { ...work.finished(), executionTimeNs: ELAPSED_NS })}; ${
        markDone(version)
      }`,
      "commit",
      [
        requireDone(version),
        resetText(lockTimeoutMs),
        READ_ONLY_OUTSIDE,
        standBehind(version),
      ].join("; "),
    ]);
    if (this.#flights.length === 0) this.#start(work);
    this.#flights.push({ work, length: work.length, answers });
    this.#last = version;
  }

  /** Waits for all answers. */
  async land(): Promise<void> {
    while (this.#flights.length > 0) await this.#landFirst();
  }

  async #landFirst(): Promise<void> {
    const flight = this.#flights[0];
    if (flight === undefined) return;
    const answers = await flight.answers;
    this.#flights.shift();
    if (this.#failure !== undefined) return;
    this.#failure = this.#judge(flight.work, answers);
    if (this.#failure !== undefined) return;
    this.#done++;
    this.#options.onApplied(flight.work.applied());
    const next = this.#flights[0];
    if (next !== undefined) this.#start(next.work);
  }

  #start(work: FileWork): void {
    work.begin();
    this.#options.onStart(work.file);
  }

  /** The error that kept a file out, in terms of the file. */
  #judge(work: FileWork, answers: readonly Answer[]): unknown {
    // The guard, the statements, the row, the commit; the reset behind it is no part of the file.
    const at = answers.slice(0, -1).findIndex(({ error }) => error !== undefined);
    if (at < 0) {
      // Of a transaction that had failed the answer is ROLLBACK, and no error.
      return answers.at(-2)?.tag === "COMMIT"
        ? undefined
        : new Error("a transaction without an error was rolled back");
    }
    const { error } = answers[at] ?? {};
    if (!(error instanceof ServerError)) return error;
    if (this.#options.signal.aborted && STOPPED.includes(error.sqlstate)) {
      return interruptedIn(work.file.migration);
    }
    const number = at - 1;
    if (number < 0) return new Grounded("a file was kept from beginning", { cause: error });
    const statement = work.at(number);
    return work.failure(error, statement === undefined ? undefined : [number, statement]);
  }
}

/** A file was kept from beginning; it is executed by itself, which tells why. */
class Grounded extends Error {}
