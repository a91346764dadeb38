import type { Database } from "../database.ts";
import { MigrateError } from "../errors.ts";
import { identifier } from "./quote.ts";
import { toRefusal } from "./refusal.ts";
import { createScratch, dropAbandoned, dropScratch } from "./scratch_database.ts";
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
 * @throws {MigrateError} `dev_name`, `dev_not_empty`, `scratch_denied`, `database_error`, and the codes
 * of `Session.open`.
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
    const name = await createScratch(session).catch((error) => {
      throw error instanceof ServerError ? denied(session.database, found) : error;
    });
    stack.defer(() => dropScratch(session, name));
    return {
      database: { ...database, dbname: name },
      found,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw toRefusal(error, `look into "${database.dbname}"`);
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
      union all select 3, case relkind when 'v' then 'view' when 'm' then 'materialized view'
          when 'S' then 'sequence' when 'f' then 'foreign table' else 'table' end || ' ' || oid::regclass
        from pg_class
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

function denied({ dbname, user }: Database, found: string | undefined): MigrateError {
  const name = identifier(dbname);
  return new MigrateError(
    "scratch_denied",
    `Cannot compare in "${dbname}"${
      found === undefined ? "" : `, which is not empty (${found})`
    }, nor create a scratch database: role "${user}" lacks the right`,
    {
      hint: `Grant it: ALTER ROLE ${
        identifier(user)
      } CREATEDB; or empty "${dbname}": DROP DATABASE ${name}; CREATE DATABASE ${name};`,
    },
  );
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
