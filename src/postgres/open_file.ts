import { interruptedIn } from "../failure.ts";
import { MigrateError } from "../errors.ts";
import { isConcurrent, type Revision, type Statement } from "../migrations/mod.ts";
import type { ExecuteOptions } from "./executor.ts";
import type { FileWork } from "./file_work.ts";
import { dropUnfinished } from "./invalid_index.ts";
import { upsertRevision } from "./revisions.ts";
import { ServerError } from "./server_error.ts";
import type { Session } from "./session.ts";
import { boundLockWaits } from "./session_state.ts";

// 57014 query_canceled, 55P03 lock_not_available, 25P02 in_failed_sql_transaction
const PASSING: readonly string[] = ["57014", "55P03"];
const IN_FAILED_TRANSACTION = "25P02";

/** How often to try to write a row: what it tells has been done. */
const TRIES = 5;

/** Executes a file outside a transaction: each statement is final, and recorded before the next begins. */
export async function executeOpen(
  session: Session,
  work: FileWork,
  options: ExecuteOptions,
): Promise<void> {
  const write = (row: Revision) => record(session, upsertRevision(options.table, row));
  let applied = work.file.resumeFrom;
  await write(work.running(applied));
  for (const [number, statement] of work.left()) {
    if (options.signal.aborted) throw interruptedIn(work.file.migration);
    const resumed = number === work.file.resumeFrom && work.file.previous !== undefined;
    try {
      await run(session, statement, { ...options, work, resumed });
    } catch (error) {
      if (error instanceof ServerError) {
        const failure = { error, statement: statement.text };
        await recordFailure(session, () => write(work.running(applied, failure)));
      }
      throw work.failure(error, number);
    }
    await write(work.running(++applied));
  }
  await refuseOpenTransaction(session, work);
  await write(work.finished());
}

/** Executes one statement; one that works concurrently waits for as long as it takes. */
async function run(
  session: Session,
  statement: Statement,
  options: ExecuteOptions & { readonly work: FileWork; readonly resumed: boolean },
): Promise<void> {
  const { lockTimeoutMs, resumed, work } = options;
  // A file that speaks of the time-out itself has its way.
  const unbound = lockTimeoutMs > 0 && isConcurrent(statement.text) && !work.setsLockTimeout;
  if (unbound) await boundLockWaits(session, 0);
  if (resumed) {
    for (const index of await dropUnfinished(session, statement)) options.onRebuild(index);
  }
  await session.run(statement.text);
  if (unbound) await boundLockWaits(session, lockTimeoutMs);
}

/** Writes a row; a late request to cancel the statement before it may hit the row instead. */
async function record(session: Session, upsert: string): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      await session.run(upsert);
      return;
    } catch (error) {
      const passing = error instanceof ServerError && PASSING.includes(error.sqlstate);
      if (!passing || attempt === TRIES) throw error;
    }
  }
}

/**
 * A file may have begun a transaction of its own. What failed inside is undone together with the
 * rows written there, so the last row before it tells the truth and stays.
 */
async function recordFailure(session: Session, write: () => Promise<void>): Promise<void> {
  try {
    await write();
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
