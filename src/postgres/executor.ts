import { haltedBefore, interruptedIn } from "../failure.ts";
import { MigrateError } from "../errors.ts";
import type { PlannedFile } from "../migrations/mod.ts";
import type { AppliedMigration, Retry } from "../report.ts";
import { FileWork, type Numbered } from "./file_work.ts";
import { executeOpen } from "./open_file.ts";
import { type Patience, pause, pauseBefore } from "./patience.ts";
import { executeAhead, MAX_LENGTH } from "./pipeline.ts";
import { type RevisionsTable, upsertRevision } from "./revisions.ts";
import { BLOCKED, ServerError, STOPPED } from "./server_error.ts";
import type { Session } from "./session.ts";
import { resetSession } from "./session_state.ts";

/** What the executor needs besides the session and the files. */
export interface ExecuteOptions {
  readonly table: RevisionsTable;
  /** Written into the rows, as `hotpot-migrate 0.1.0`. */
  readonly operator: string;
  readonly signal: AbortSignal;
  /** Once it fires no further file is begun. */
  readonly enough?: AbortSignal | undefined;
  /** The keys of the locks that must still be held when the next file begins. */
  readonly locks: readonly number[];
  /** How long a statement may wait for a lock; 0 means no end. */
  readonly lockTimeoutMs: number;
  readonly patience: Patience;
  /** Whether files may be sent before the one ahead of them is in. */
  readonly pipeline: boolean;
  readonly onStart: (file: PlannedFile) => void;
  /** Called for each file once it is final, in order. */
  readonly onApplied: (applied: AppliedMigration) => void;
  readonly onRetry: (retry: Retry) => void;
  /** An index that an earlier try left unfinished was dropped, and is built again. */
  readonly onRebuild: (index: string) => void;
}

/**
 * Executes files in order and records them as Atlas does (Atlas' `sql/migrate`, `Executor.Execute`).
 * A file in a transaction leaves its row together with its work, or neither, so it is tried again
 * when somebody else holds its locks; a file outside one leaves a row that counts the statements
 * done.
 *
 * @throws {MigrateError} `migration_failed`, `statement_syntax`, `history_changed`,
 * `transaction_open`, `interrupted`, `halted`, `connection_lost`, `lock_lost`.
 */
export async function executeFiles(
  session: Session,
  files: readonly PlannedFile[],
  options: ExecuteOptions,
): Promise<void> {
  refuseMore(files[0], options.enough);
  if (files[0]?.txMode === "all") return await finish(session, files, options);
  for (let at = 0; at < files.length; at++) {
    refuseMore(files[at], options.enough);
    let first: FirstTry = {};
    if (options.pipeline) {
      const { done, error, grounded } = await executeAhead(session, files.slice(at), options);
      at += done;
      first = { failed: error, split: grounded };
    }
    const file = files[at];
    if (first.failed === undefined) refuseMore(file, options.enough);
    if (file !== undefined) await finish(session, [file], { ...options, ...first });
  }
}

function refuseMore(file: PlannedFile | undefined, enough: AbortSignal | undefined): void {
  if (file !== undefined && enough?.aborted) throw haltedBefore(file.migration);
}

/** What is left of the try that was made together with other files. */
interface FirstTry {
  readonly failed?: unknown;
  /** The next file, where it is split already. */
  readonly split?: FileWork | undefined;
}

/** Executes files that stand or fall together: one by itself, or all of them under `--tx-mode all`. */
async function finish(
  session: Session,
  files: readonly PlannedFile[],
  options: ExecuteOptions & FirstTry,
): Promise<void> {
  const works = await persist(session, files, options);
  for (const work of works) options.onApplied(work.applied());
  await resetSession(session, options);
}

/** Tries until the files are in, or nothing is gained by another try. */
async function persist(
  session: Session,
  files: readonly PlannedFile[],
  options: ExecuteOptions & FirstTry,
): Promise<readonly FileWork[]> {
  const { patience, signal } = options;
  let { failed } = options;
  for (let attempt = 2;; attempt++) {
    try {
      if (failed !== undefined) throw failed;
      return await execute(session, files, options);
    } catch (error) {
      const refusal = refusalIn(error);
      const file = files.find(({ migration }) => migration.version === versionIn(error)) ??
        files[0];
      const again = BLOCKED.includes(refusal?.sqlstate ?? "") && attempt <= patience.tries;
      if (file === undefined || file.txMode === "none" || !again) throw error;
      const blockers = refusal?.blockers ?? [];
      const pauseMs = pauseBefore(attempt, patience);
      options.onRetry({ file, blockers, attempt, tries: patience.tries, pauseMs });
      // What the first try has prepared or set must not meet the second.
      await resetSession(session, options);
      failed = undefined;
      if (!await pause(pauseMs, signal)) throw interruptedIn(file.migration);
    }
  }
}

async function execute(
  session: Session,
  files: readonly PlannedFile[],
  options: ExecuteOptions & FirstTry,
): Promise<readonly FileWork[]> {
  const works: FileWork[] = [];
  const atomic = files[0]?.txMode !== "none";
  if (atomic) await session.run("begin");
  try {
    for (const file of files) {
      options.onStart(file);
      const work = options.split?.file === file
        ? options.split
        : new FileWork(file, options.operator);
      work.begin();
      works.push(work);
      await (atomic ? executeAtomic : executeOpen)(session, work, options);
      work.release();
    }
    if (atomic) await commit(session, works, options.signal);
  } catch (error) {
    if (atomic && !session.lost) await session.run("rollback");
    const at = works.at(-1);
    const stopped = options.signal.aborted && at !== undefined &&
      STOPPED.includes(refusalIn(error)?.sqlstate ?? "");
    throw stopped ? interruptedIn(at.file.migration) : error;
  }
  return works;
}

async function commit(
  session: Session,
  works: readonly FileWork[],
  signal: AbortSignal,
): Promise<void> {
  const last = works.at(-1);
  try {
    // The answer to a COMMIT of a failed transaction is ROLLBACK, and no error.
    if (await session.run("commit", signal) === "COMMIT") return;
  } catch (error) {
    throw last?.failure(error) ?? error;
  }
  throw new MigrateError(
    "migration_failed",
    `Cannot commit ${last?.file.migration.file}: the server rolled the transaction back`,
    {
      hint:
        "Nothing of the file is left: look in the server's log for what failed in it, then run the same command again",
    },
  );
}

/** Inside a transaction only the end counts, so the row is written once. */
async function executeAtomic(
  session: Session,
  work: FileWork,
  options: ExecuteOptions,
): Promise<void> {
  if (options.pipeline && work.isPipelinable) await executeWindows(session, work, options);
  else await executeEach(session, work, options);
  await session.run(upsertRevision(options.table, work.finished()));
}

async function executeEach(
  session: Session,
  work: FileWork,
  options: ExecuteOptions,
): Promise<void> {
  for (const [number, statement] of work.left()) {
    if (options.signal.aborted) throw interruptedIn(work.file.migration);
    try {
      await session.run(statement.text, options.signal);
    } catch (error) {
      throw work.failure(error, [number, statement]);
    }
  }
}

/**
 * Executes a large file a window at a time: what is in a window is sent without waiting. An error
 * makes the rest of the transaction fail, whatever of it is on its way already.
 */
async function executeWindows(
  session: Session,
  work: FileWork,
  options: ExecuteOptions,
): Promise<void> {
  for (const statements of windowsOf(work)) {
    if (options.signal.aborted) throw interruptedIn(work.file.migration);
    const texts = statements.map(([, { text }]) => text);
    const answers = await session.pipeline(texts, options.signal);
    const at = answers.findIndex(({ error }) => error !== undefined);
    if (at >= 0) throw work.failure(answers[at]?.error, statements[at]);
  }
}

/** How many statements may be unanswered: more gain nothing, and each needs memory. */
const WINDOW = 500;

/** The statements in parts that may be on their way at once. */
function* windowsOf(work: FileWork): Iterable<readonly Numbered[]> {
  let part: Numbered[] = [];
  let length = 0;
  for (const numbered of work.left()) {
    const own = numbered[1].text.length;
    if (part.length === WINDOW || (part.length > 0 && length + own > MAX_LENGTH)) {
      yield part;
      part = [];
      length = 0;
    }
    part.push(numbered);
    length += own;
  }
  if (part.length > 0) yield part;
}

/** What the server said, in whichever error it came. */
function refusalIn(error: unknown): ServerError | undefined {
  const found = error instanceof MigrateError ? error.cause : error;
  return found instanceof ServerError ? found : undefined;
}

function versionIn(error: unknown): unknown {
  return error instanceof MigrateError ? error.data["version"] : undefined;
}
