import postgres from "postgres";
import type { Database } from "../../src/database.ts";
import { Session } from "../../src/postgres/session.ts";

/** A database of its own for one test, gone afterwards. */
export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  /** The settings with which the program would connect to it. */
  readonly database: Database;
  /** Runs SQL in it, on a connection of the test's own. */
  sql(text: string): Promise<readonly Record<string, unknown>[]>;
}

/** Where the server of this test run is. */
export function server(): { readonly host: string; readonly port: number } {
  const address = Deno.env.get("HOTPOT_TEST_POSTGRES");
  if (address === undefined) {
    throw new Error("HOTPOT_TEST_POSTGRES is not set: run the tests with `deno task test [files]`");
  }
  const [host = "", port = ""] = address.split(":");
  return { host, port: Number(port) };
}

/** Settings for a database of the test server. */
export function databaseAt(dbname: string, changes: Partial<Database> = {}): Database {
  return {
    ...server(),
    user: "postgres",
    dbname,
    sslmode: "disable",
    connectTimeoutMs: 10_000,
    applicationName: "hotpot-test",
    ...changes,
  };
}

/** A session of a test's own. */
export function openSession(database: Database): Promise<Session> {
  return Session.open(database, { redact: (text) => text, signal: new AbortController().signal });
}

/** Creates an empty database whose name ends in `suffix`. */
export async function createDatabase(
  options: { readonly suffix?: string; readonly template?: string } = {},
): Promise<TestDatabase> {
  const random = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  const name = `t_${random}${options.suffix ?? ""}`;
  await administer(
    `create database ${name}${
      options.template === undefined ? "" : ` template ${options.template}`
    }`,
  );
  const sql = connect(name);
  return {
    name,
    database: databaseAt(name),
    sql: async (text) => {
      const result = await sql.unsafe(text);
      const last: unknown = result.at(-1);
      return (Array.isArray(last) ? last : result) as readonly Record<string, unknown>[];
    },
    async [Symbol.asyncDispose]() {
      await sql.end({ timeout: 5 });
      await administer(`drop database if exists ${name} with (force)`);
    },
  };
}

/** Runs SQL in the maintenance database. */
export async function administer(text: string): Promise<readonly Record<string, unknown>[]> {
  const sql = connect("postgres");
  try {
    return await sql.unsafe(text);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function connect(database: string): postgres.Sql {
  return postgres({ ...server(), user: "postgres", database, max: 1, onnotice: () => {} });
}
