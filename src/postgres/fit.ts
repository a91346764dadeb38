import { MigrateError } from "../errors.ts";
import { Session, type SessionOptions } from "./session.ts";
import { within } from "./watch.ts";

/** How long a pooler may take to serve a second connection; while it does not, nothing is known. */
const PROBE_MS = 3_000;

/**
 * Refuses a session in which no migration can or may be applied.
 *
 * @throws {MigrateError} `read_only_database`, `transaction_pooler`.
 */
export async function refuseUnfit(
  session: Session,
  { redact, signal }: SessionOptions,
): Promise<void> {
  const { database, inRecovery, pooled, readOnly } = session.facts;
  if (inRecovery || readOnly) {
    throw new MigrateError(
      "read_only_database",
      `Cannot migrate "${database}": ${
        inRecovery ? "the server is a read-only replica" : "its transactions are read-only"
      }`,
      {
        hint: inRecovery
          ? "Set database.host to the primary"
          : "Reset default_transaction_read_only for this role or database",
      },
    );
  }
  if (!pooled || !await movesBetweenTransactions(session, { redact, signal })) return;
  throw new MigrateError(
    "transaction_pooler",
    `Cannot migrate "${database}": a pooler stands before the server and gives each transaction another session, so that no lock would hold`,
    {
      hint:
        "Set database.host and database.port to the server itself, or to a pool with pool_mode = session",
    },
  );
}

/**
 * Whether a pooler takes the backend away when no transaction is open. Another connection that holds
 * a transaction gets the backend that was ours a moment ago, or we get another one; where the
 * session keeps its backend neither can happen.
 */
export async function movesBetweenTransactions(
  session: Session,
  options: SessionOptions,
): Promise<boolean> {
  const connectTimeoutMs = Math.min(PROBE_MS, session.database.connectTimeoutMs);
  const database = { ...session.database, connectTimeoutMs };
  let rival: Session;
  try {
    rival = await Session.open(database, options);
  } catch (error) {
    // A pool of one connection, which is ours and stays ours, has none for a rival.
    if (error instanceof MigrateError && error.code !== "interrupted") return false;
    throw error;
  }
  try {
    const theirs = await within(rival, PROBE_MS, async () => {
      await rival.run("begin");
      return await backend(rival);
    });
    return theirs === session.facts.pid || await backend(session) !== session.facts.pid;
  } catch {
    // Who has been served and may not begin a transaction is given a session for each statement.
    return true;
  } finally {
    await rival[Symbol.asyncDispose]();
  }
}

async function backend(session: Session): Promise<number> {
  const [row] = await session.query("select pg_backend_pid() as pid");
  return Number(row?.["pid"]);
}
