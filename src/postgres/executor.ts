import { MigrateError } from "../errors.ts";
import type { PlannedFile, Revision } from "../migrations/mod.ts";
import type { AppliedMigration } from "../report.ts";
import { interruptedIn } from "../failure.ts";
import { FileWork } from "./file_work.ts";
import { type RevisionsTable, upsertRevision } from "./revisions.ts";
import { ServerError } from "./server_error.ts";
import type { Session } from "./session.ts";
import { resetSession } from "./session_state.ts";

/** What the executor needs besides the session and the files. */
export interface ExecuteOptions {
  readonly table: RevisionsTable;
  /** Written into the rows, as `hotpot-migrate 0.1.0`. */
  readonly operator: string;
  readonly signal: AbortSignal;
  /** The keys of the locks that must still be held when the next file begins. */
  readonly locks: readonly number[];
  readonly onStart: (file: PlannedFile) => void;
  /** Called for each file once it is final, in order. */
  readonly onApplied: (applied: AppliedMigration) => void;
}

// 57014 query_canceled, 25P02 in_failed_sql_transaction
const CANCELED = "57014";
const IN_FAILED_TRANSACTION = "25P02";

/**
 * Executes files in order and records them as Atlas does (Atlas' `sql/migrate`, `Executor.Execute`).
 * A file in a transaction leaves its row together with its work, or neither; a file outside one
 * leaves a row that counts the statements done.
 *
 * @throws {MigrateError} `migration_failed`, `statement_syntax`, `history_changed`,
 * `transaction_open`, `interrupted`, `connection_lost`, `lock_lost`.
 */
export async function executeFiles(
  session: Session,
  files: readonly PlannedFile[],
  options: ExecuteOptions,
): Promise<void> {
  const stop = () => void session.cancel();
  options.signal.addEventListener("abort", stop);
  try {
    for (const group of transactionsOf(files)) {
      const works = await execute(session, group, options);
      for (const work of works) options.onApplied(work.applied());
      await resetSession(session, options.locks);
    }
  } finally {
    options.signal.removeEventListener("abort", stop);
  }
}

/** The files that stand or fall together: each by itself, or all of them under `--tx-mode all`. */
function transactionsOf(files: readonly PlannedFile[]): readonly (readonly PlannedFile[])[] {
  return files[0]?.txMode === "all" ? [files] : files.map((file) => [file]);
}

async function execute(
  session: Session,
  files: readonly PlannedFile[],
  options: ExecuteOptions,
): Promise<readonly FileWork[]> {
  const works: FileWork[] = [];
  const atomic = files[0]?.txMode !== "none";
  if (atomic) await session.run("begin");
  try {
    for (const file of files) {
      options.onStart(file);
      const work = new FileWork(file, options.operator);
      works.push(work);
      await (atomic ? executeAtomic : executeOpen)(session, work, options);
    }
    if (atomic) await commit(session, works);
  } catch (error) {
    if (atomic && !session.lost) await session.run("rollback");
    throw error;
  }
  return works;
}

async function commit(session: Session, works: readonly FileWork[]): Promise<void> {
  const last = works.at(-1);
  try {
    // The answer to a COMMIT of a failed transaction is ROLLBACK, and no error.
    if (await session.run("commit") === "COMMIT") return;
  } catch (error) {
    throw last?.failure(error) ?? error;
  }
  throw new MigrateError(
    "migration_failed",
    `Cannot commit ${last?.file.migration.file}: the server rolled the transaction back`,
  );
}

/** Inside a transaction only the end counts, so the row is written once. */
async function executeAtomic(
  session: Session,
  work: FileWork,
  options: ExecuteOptions,
): Promise<void> {
  for (const [number, statement] of work.left()) {
    if (options.signal.aborted) throw interruptedIn(work.file.migration);
    try {
      await session.run(statement.text);
    } catch (error) {
      throw told(error, options) ? interruptedIn(work.file.migration) : work.failure(error, number);
    }
  }
  await session.run(upsertRevision(options.table, work.finished()));
}

/** Outside a transaction each statement is final, and is recorded before the next begins. */
async function executeOpen(
  session: Session,
  work: FileWork,
  options: ExecuteOptions,
): Promise<void> {
  const record = (row: Revision) => persist(session, upsertRevision(options.table, row));
  let applied = work.file.resumeFrom;
  await record(work.running(applied));
  for (const [number, statement] of work.left()) {
    if (options.signal.aborted) throw interruptedIn(work.file.migration);
    try {
      await session.run(statement.text);
    } catch (error) {
      if (error instanceof ServerError) {
        await recordFailure(
          session,
          () => record(work.running(applied, { error, statement: statement.text })),
        );
      }
      throw told(error, options) ? interruptedIn(work.file.migration) : work.failure(error, number);
    }
    await record(work.running(++applied));
  }
  await refuseOpenTransaction(session, work);
  await record(work.finished());
}

/** Writes a row; a late request to cancel the statement before it may hit the row instead. */
async function persist(session: Session, upsert: string): Promise<void> {
  try {
    await session.run(upsert);
  } catch (error) {
    if (!(error instanceof ServerError && error.sqlstate === CANCELED)) throw error;
    await session.run(upsert);
  }
}

/**
 * A file may have begun a transaction of its own. What failed inside is undone together with the
 * rows written there, so the last row before it tells the truth and stays.
 */
async function recordFailure(session: Session, record: () => Promise<void>): Promise<void> {
  try {
    await record();
  } catch (error) {
    if (!(error instanceof ServerError && error.sqlstate === IN_FAILED_TRANSACTION)) throw error;
    await session.run("rollback");
  }
}

async function refuseOpenTransaction(session: Session, work: FileWork): Promise<void> {
  // Outside a transaction the two are the same moment, the arrival of the statement.
  const [row] = await session.query("select now() <> statement_timestamp() as open");
  if (row?.["open"] !== true) return;
  await session.run("rollback");
  throw new MigrateError(
    "transaction_open",
    `Cannot finish ${work.file.migration.file}: it begins a transaction and does not end it`,
    { hint: "Add the missing COMMIT to the file; what came after its BEGIN was rolled back" },
  );
}

function told(error: unknown, options: ExecuteOptions): boolean {
  return options.signal.aborted && error instanceof ServerError && error.sqlstate === CANCELED;
}
