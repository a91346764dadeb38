import postgres from "postgres";
import type { Database } from "../database.ts";
import { isFatal, type Row, rowsOf, serverError } from "./driver_answer.ts";
import { readFields, type ServerFields } from "./server_error.ts";
import { FACTS, readFacts, type SessionFacts } from "./session_facts.ts";
import type { Wire } from "./wire.ts";

/** The driver takes a socket from outside; its types do not say so. */
type DriverOptions = postgres.Options<Record<string, never>> & {
  readonly socket: () => Promise<unknown>;
  readonly max_pipeline: number;
};

/** What logging in needs besides the database. */
export interface LogInOptions {
  /** Ends the attempt. */
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
}

/** What the first question has found out. */
interface Greeting {
  readonly facts: SessionFacts;
  /** The rows of each command of `look` that has some; nothing where the server refused them. */
  readonly seen: readonly (readonly Row[])[] | undefined;
}

/** The driver, logged in over a wire. */
export interface Login extends Greeting {
  readonly sql: postgres.Sql;
  /** Where it is connected to, with the `sslmode` that `allow` or `prefer` came to. */
  readonly database: Database;
}

/**
 * Has the driver log in over a wire that is not open yet, and asks the first question.
 *
 * @throws {ServerError} when the server refuses; otherwise what went wrong with the wire.
 */
export async function logIn(
  wire: Wire,
  database: Database,
  options: LogInOptions,
): Promise<Login> {
  const { redact } = options;
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
    const greeting = await Promise.race([
      greet(sql, { ...options, wire }),
      aborted(options.signal),
    ]);
    return { ...greeting, sql, database: settledOn(wire, database) };
  } catch (error) {
    await sql.end({ timeout: 0 });
    wire.destroy();
    throw error instanceof postgres.PostgresError
      ? serverError(error, redact)
      : wire.error ?? error;
  }
}

/** Asks the first question, and if the server refuses what is asked besides, only for the facts. */
async function greet(
  sql: postgres.Sql,
  { look, wire }: LogInOptions & { readonly wire: Wire },
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

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
