import type { Database } from "../database.ts";
import { MigrateError } from "../errors.ts";
import { lockKey } from "./lock.ts";
import { identifier, literal } from "./quote.ts";
import { ServerError } from "./server_error.ts";
import { Session, type SessionOptions } from "./session.ts";

/** When to compare in a scratch database instead of the configured one. */
export const SCRATCH_MODES = ["auto", "always", "never"] as const;
export type ScratchMode = (typeof SCRATCH_MODES)[number];

/** An empty database for comparisons, gone or empty again at the end. */
export interface DevDatabase extends AsyncDisposable {
  readonly database: Database;
  /** What stands in the configured database, when a scratch database is used because of it. */
  readonly found: string | undefined;
}

const SUFFIX = "_dev";

/** Whether a database may be used for comparisons, which empty it: by its name. */
export function isDevName(name: string): boolean {
  return name.length > SUFFIX.length && name.endsWith(SUFFIX);
}

/**
 * Opens an empty database to compare in: the configured one if nothing at all is in it, since Atlas
 * drops whatever it finds there afterwards, and otherwise a scratch database beside it. Scratch
 * databases of runs that were killed are dropped first.
 *
 * @throws {MigrateError} `dev_name`, `dev_not_empty`, `scratch_denied`, and the codes of
 * `Session.open`.
 */
export async function openDevDatabase(
  database: Database,
  options: SessionOptions & { readonly scratch: ScratchMode },
): Promise<DevDatabase> {
  const stack = new AsyncDisposableStack();
  try {
    const session = stack.use(await Session.open(database, options));
    // The server has the last word on where we are.
    if (!isDevName(session.facts.database)) throw notDev(session.facts.database);
    await dropAbandoned(session);
    const found = options.scratch === "always" ? undefined : await findAnything(session);
    if (options.scratch !== "always" && found === undefined) {
      return { database, found, [Symbol.asyncDispose]: () => stack.disposeAsync() };
    }
    if (options.scratch === "never") throw notEmpty(session.facts.database, found);
    const name = await createScratch(session, found);
    stack.defer(() => dropScratch(session, name));
    return {
      database: { ...database, dbname: name },
      found,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** The refusal of a database that is not for development. */
export function notDev(name: string): MigrateError {
  return new MigrateError(
    "dev_name",
    `Cannot compare in "${name}": database name must end with _dev, and have more before it`,
    {
      hint: "Set database.dbname to a development database, as hotpot_dev: its content is at risk",
    },
  );
}

/** What is in a database besides what PostgreSQL puts there; nothing for an empty one. */
async function findAnything(session: Session): Promise<string | undefined> {
  const own = (column: string, catalog: string) =>
    `${column} >= 16384 and not exists (select 1 from pg_depend d
      where d.classid = '${catalog}'::regclass and d.objid = ${column} and d.deptype = 'e')`;
  const [row] = await session.query(`
    select what from (
      select 1 as rank, 'schema ' || quote_ident(nspname) as what from pg_namespace
        where ${
    own("oid", "pg_namespace")
  } and nspname <> 'public' and nspname !~ '^pg_(toast_)?temp_'
      union all select 2, 'extension ' || quote_ident(extname) from pg_extension where oid >= 16384
      union all select 3, 'table or view ' || oid::regclass from pg_class
        where ${own("oid", "pg_class")} and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
          and relnamespace::regnamespace::text !~ '^pg_(toast|temp)'
      union all select 4, 'function ' || oid::regprocedure from pg_proc where ${
    own("oid", "pg_proc")
  }
      union all select 5, 'type ' || oid::regtype from pg_type
        where ${own("oid", "pg_type")} and typtype in ('e', 'd', 'c', 'r')
    ) as found order by rank, what limit 1`);
  return row === undefined ? undefined : String(row["what"]);
}

async function createScratch(session: Session, found: string | undefined): Promise<string> {
  const random = crypto.randomUUID().slice(0, 8);
  const name = `${scratchPrefix(session)}${random}${SUFFIX}`;
  // Held until the session ends: by it the next run tells our database from an abandoned one.
  await session.query(`select pg_advisory_lock(${lockKey(name)})`);
  try {
    await session.run(`create database ${identifier(name)}`);
  } catch (error) {
    if (!(error instanceof ServerError) || error.sqlstate !== "42501") throw error;
    const { dbname, user } = session.database;
    throw new MigrateError(
      "scratch_denied",
      `Cannot compare in "${dbname}"${
        found === undefined ? "" : `, which is not empty (${found})`
      }, nor create a scratch database: role "${user}" lacks the right`,
      {
        hint: `Grant it: ALTER ROLE ${
          identifier(user)
        } CREATEDB; or empty "${dbname}": DROP DATABASE ${identifier(dbname)}; CREATE DATABASE ${
          identifier(dbname)
        };`,
      },
    );
  }
  return name;
}

async function dropScratch(session: Session, name: string): Promise<void> {
  // What the connection cannot do any more, the next run does.
  if (session.lost) return;
  await session.run(`drop database if exists ${identifier(name)} with (force)`);
}

/** Drops the scratch databases whose runs have ended without doing so. */
async function dropAbandoned(session: Session): Promise<void> {
  const prefix = scratchPrefix(session);
  const rows = await session.query(`
    select datname as name from pg_database
    where left(datname, ${prefix.length}) = ${literal(prefix)} and datname ~ '_[0-9a-f]{8}_dev$'`);
  for (const row of rows) {
    const name = String(row["name"]);
    const key = lockKey(name);
    const [taken] = await session.query(`select pg_try_advisory_lock(${key}) as free`);
    if (taken?.["free"] !== true) continue;
    try {
      await session.run(`drop database if exists ${identifier(name)} with (force)`);
    } catch (error) {
      // Somebody else's, or made by another role: not ours to drop.
      if (!(error instanceof ServerError)) throw error;
    } finally {
      await session.query(`select pg_advisory_unlock(${key})`);
    }
  }
}

/** Names are cut at 63 bytes, so a long one gives way to the parts that tell whose it is. */
function scratchPrefix(session: Session): string {
  const base = session.facts.database.slice(0, -SUFFIX.length);
  return `${[...base].slice(0, 20).join("")}_scratch_`;
}

function notEmpty(name: string, found: string | undefined): MigrateError {
  return new MigrateError(
    "dev_not_empty",
    `Cannot compare in "${name}": it is not empty (${found})`,
    {
      hint: "Leave --scratch never away, so that a scratch database beside it is used",
      data: { found },
    },
  );
}
