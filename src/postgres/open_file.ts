import { interruptedIn } from "../failure.ts";
import { MigrateError } from "../errors.ts";
import { goesWithItsRow, isConcurrent, type Revision, type Statement } from "../migrations/mod.ts";
import type { ExecuteOptions } from "./executor.ts";
import type { FileWork } from "./file_work.ts";
import { dropUnfinished, isDone } from "./index_state.ts";
import { upsertRevision } from "./revisions.ts";
import { ServerError } from "./server_error.ts";
import type { Session } from "./session.ts";
import { boundLockWaits } from "./session_state.ts";

// 55P03 lock_not_available, 25P02 in_failed_sql_transaction
const LOCK_NOT_AVAILABLE = "55P03";
const IN_FAILED_TRANSACTION = "25P02";

// 25001 active_sql_transaction, 2D000 invalid_transaction_termination
const APART: readonly string[] = ["25001", "2D000"];

/** How often to try to write a row: what it tells has been done. */
const TRIES = 5;

/**
 * Executes a file outside a transaction: each statement is final. It is sent together with the row
 * that counts it, and where that cannot be, the row follows before the next statement begins.
 */
export async function executeOpen(
  session: Session,
  work: FileWork,
  options: ExecuteOptions,
): Promise<void> {
  const upsert = (row: Revision) => upsertRevision(options.table, row);
  let applied = work.file.resumeFrom;
  const done = await finishIndex(session, work, options);
  await record(session, upsert(work.running(done ? ++applied : applied)));
  for (const [number, statement] of work.left(applied)) {
    if (options.signal.aborted) throw interruptedIn(work.file.migration);
    try {
      await run(session, statement, {
        ...options,
        work,
        row: upsert(work.running(applied + 1)),
      });
      applied++;
    } catch (error) {
      if (error instanceof ServerError) {
        const failure = { error, statement: statement.text };
        await recordFailure(session, upsert(work.running(applied, failure)));
      }
      throw work.failure(error, [number, statement]);
    }
  }
  await refuseOpenTransaction(session, work);
  await record(session, upsert(work.finished()));
}

/**
 * Looks at the index that the last run was at when it ended. Returns whether it is finished; what is
 * not is dropped, so that the statement can begin anew.
 */
async function finishIndex(
  session: Session,
  work: FileWork,
  options: ExecuteOptions,
): Promise<boolean> {
  const { migration, previous, resumeFrom } = work.file;
  if (previous === undefined) return false;
  const statement = work.at(resumeFrom);
  if (statement === undefined) return false;
  const { lockTimeoutMs, onRebuild, table } = options;
  // Who has failed has not just missed to say that he was done.
  const unsaid = previous.error === "";
  if (unsaid && await isDone(session, statement, { table, version: migration.version })) {
    return true;
  }
  await boundLockWaits(session, 0);
  for (const index of await dropUnfinished(session, statement, options.signal)) onRebuild(index);
  await boundLockWaits(session, lockTimeoutMs);
  return false;
}

/** Executes one statement and records it, in one transaction if there is a way. */
async function run(
  session: Session,
  statement: Statement,
  options: ExecuteOptions & { readonly work: FileWork; readonly row: string },
): Promise<void> {
  const { row, work } = options;
  const { text } = statement;
  // A delimiter of the file's own lets a statement hold several, with a COMMIT among them.
  const together = goesWithItsRow(text) && !isConcurrent(text) && !work.setsDelimiter;
  if (!together) return await runApart(session, text, options);
  try {
    // A semicolon on a line of its own: the text may end in a comment.
    await session.run(`${text}\n;\n${row}`, options.signal);
  } catch (refusal) {
    if (!(refusal instanceof ServerError && APART.includes(refusal.sqlstate))) throw refusal;
    try {
      await runApart(session, text, options);
    } catch (error) {
      // The file has begun a transaction of its own, in which the first error counts.
      throw error instanceof ServerError && error.sqlstate === IN_FAILED_TRANSACTION
        ? refusal
        : error;
    }
  }
}

/** Executes one statement, then records it; one that works concurrently waits as long as it takes. */
async function runApart(
  session: Session,
  text: string,
  options: ExecuteOptions & { readonly work: FileWork; readonly row: string },
): Promise<void> {
  const { lockTimeoutMs, row, work } = options;
  // A file that speaks of the time-out itself has its way.
  const unbound = lockTimeoutMs > 0 && isConcurrent(text) && !work.setsLockTimeout;
  if (unbound) await boundLockWaits(session, 0);
  await session.run(text, options.signal);
  if (unbound) await boundLockWaits(session, lockTimeoutMs);
  await record(session, row);
}

/** Writes a row, also where somebody has locked the table for a while. */
async function record(session: Session, upsert: string): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      await session.run(upsert);
      return;
    } catch (error) {
      const passing = error instanceof ServerError && error.sqlstate === LOCK_NOT_AVAILABLE;
      if (!passing || attempt === TRIES) throw error;
    }
  }
}

/**
 * A file may have begun a transaction of its own. What failed inside is undone together with the
 * rows written there, so the last row before it tells the truth and stays.
 */
async function recordFailure(session: Session, upsert: string): Promise<void> {
  try {
    await record(session, upsert);
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
