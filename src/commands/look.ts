import type { Database } from "../database.ts";
import { interrupted, MigrateError } from "../errors.ts";
import type { Revision } from "../migrations/mod.ts";
import {
  findRevisions,
  grantReading,
  readRevisions,
  type RevisionsTable,
  ServerError,
  Session,
  toRefusal,
} from "../postgres/mod.ts";

/** How long a reading command waits for one answer, and for one lock on what it reads. */
const WAITS: Waits = { answerMs: 30_000, lockMs: 5_000 };

/** How long to wait for one answer of the server, and for one lock on what is read. */
export interface Waits {
  readonly answerMs: number;
  readonly lockMs: number;
}

/** What a look at a database needs. */
export interface LookRequest {
  readonly database: Database;
  /** The schema of the revisions table, if it is not to be searched for. */
  readonly revisionsSchema: string | undefined;
  readonly signal: AbortSignal;
  readonly redact: (text: string) => string;
}

/** A database as one snapshot shows it. */
export interface View {
  /** Inside the one read-only transaction: whatever is read through it belongs to the snapshot. */
  readonly session: Session;
  readonly table: RevisionsTable;
  /** The history, oldest version first; empty where there is no revisions table. */
  readonly rows: readonly Revision[];
}

/**
 * Looks at a database and changes nothing: all that is read stands in one read-only transaction,
 * which ends with a rollback. No advisory lock is taken and no table is made, so that it works for
 * a role that may only read, on a replica, and through any pooler that knows transactions. `before`
 * gets the session outside of any transaction.
 *
 * @throws {MigrateError} the codes of `Session.open`; `ambiguous_revisions`; `permission_denied`
 * with the grants that are missing; `database_error`; `interrupted`.
 */
export async function look<T>(
  request: LookRequest,
  read: (view: View) => Promise<T> | T,
  before: (session: Session) => Promise<void> = () => Promise.resolve(),
): Promise<T> {
  const { database, redact, revisionsSchema, signal } = request;
  await using session = await Session.open(database, { redact, signal });
  // A look may be given up at any moment: nothing of it can be half done.
  const stop = () => session.drop();
  signal.addEventListener("abort", stop);
  try {
    await before(session);
    return await inSnapshot(session, WAITS, async () => {
      const table = await findRevisions(session, revisionsSchema);
      const rows = (await readHistory(session, { table, database })).map((row) => ({
        ...row,
        // What another run wrote down is the server's word.
        error: redact(row.error),
        errorStatement: redact(row.errorStatement),
      }));
      return await read({ session, table, rows });
    });
  } catch (error) {
    if (signal.aborted) throw interrupted("Stopped while reading the database");
    throw toRefusal(error, "read the database");
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Reads in one read-only transaction, which ends with a rollback: what fails in it spoils nothing
 * that is read later.
 */
export async function inSnapshot<T>(
  session: Session,
  { answerMs, lockMs }: Waits,
  read: () => Promise<T> | T,
): Promise<T> {
  await session.run("begin isolation level repeatable read read only");
  try {
    await session.run(
      `set local statement_timeout = ${answerMs}; set local lock_timeout = ${lockMs}`,
    );
    return await read();
  } finally {
    // Where even that fails, the session is of no use, as who asks next will hear.
    if (!session.lost) await session.run("rollback").catch(() => {});
  }
}

/**
 * Reads the history.
 *
 * @throws {MigrateError} `permission_denied` with the grants that are missing.
 */
export async function readHistory(
  session: Session,
  { database, table }: { readonly database: Database; readonly table: RevisionsTable },
): Promise<readonly Revision[]> {
  try {
    return await readRevisions(session, table);
  } catch (error) {
    if (!(error instanceof ServerError && error.sqlstate === "42501")) throw error;
    const role = database.role ?? database.user;
    throw new MigrateError(
      "permission_denied",
      `Cannot read the history: ${error.message}`,
      {
        details: [`SQLSTATE: ${error.sqlstate}`],
        hint: `As the owner of the table, run: ${grantReading(table, role)}`,
        data: { sqlstate: error.sqlstate, role, revisionsSchema: table.schema },
        cause: error,
      },
    );
  }
}
