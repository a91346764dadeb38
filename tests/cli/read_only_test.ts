import assert from "node:assert/strict";
import { readCatalog } from "../harness/catalog.ts";
import { configFile } from "../harness/config.ts";
import { administer, createDatabase, type TestDatabase } from "../harness/postgres.ts";
import { migrate, type ProgramRun } from "../harness/program.ts";
import { applyPool, migrationsFolder, poolOf } from "../harness/run.ts";

const FILES = {
  "bronze/0001_a.sql":
    "create schema bronze;\ncreate table bronze.a (i int primary key, t text);\ninsert into bronze.a values (1, 'x');\n",
  "silver/0002_b.sql": "create schema silver;\ncreate sequence silver.s;\n",
  "gold/0003_c.sql": "-- atlas:txmode none\n\ncreate schema gold;\nselect 1/0;\n",
};

/** Every command that writes nothing, with the codes it may end with. */
const COMMANDS: readonly (readonly [readonly string[], readonly number[]])[] = [
  [["status"], [0]],
  [["status", "--exit-code", "--json"], [0, 3]],
  [["history"], [0]],
  [["history", "--json"], [0]],
  [["verify"], [0, 1]],
  [["verify", "--json"], [0, 1]],
  [["plan"], [0]],
  [["plan", "--sql", "--json"], [0]],
  [["apply", "--dry-run"], [0]],
  [["wait"], [0]],
];

/** Databases as they may be found. */
const STATES: Readonly<Record<string, (db: TestDatabase) => Promise<unknown>>> = {
  "without a revisions table": () => Promise.resolve(),
  "with a history": (db) => {
    const { "gold/0003_c.sql": _, ...good } = FILES;
    return applyPool(db.database, poolOf(good));
  },
  "with a half-done file": (db) => applyPool(db.database, poolOf(FILES)),
  "with a history that is empty": async (db) => {
    await applyPool(db.database, poolOf({}), { baseline: undefined });
    await applyPool(db.database, poolOf({ "bronze/0001_a.sql": "select 1;\n" }));
    await db.sql("delete from atlas_schema_revisions.atlas_schema_revisions");
  },
};

async function run(
  db: TestDatabase,
  user: string,
  args: readonly string[],
): Promise<ProgramRun> {
  await using config = await configFile({ ...db.database, user });
  await using folder = await migrationsFolder(FILES);
  const files = args[0] === "wait" ? [] : ["--migrations", folder.path];
  return await migrate([...args, "--config", config.path, ...files]);
}

/** All schemas, objects, rights, settings and rows, and the statistics of what was ever written. */
async function everything(db: TestDatabase): Promise<unknown> {
  const schemas = (await db.sql(
    "select nspname as name from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' order by 1",
  )).map(({ name }) => String(name));
  const tables = await db.sql(
    "select oid::regclass::text as name from pg_class where relkind = 'r' and relnamespace::regnamespace::text !~ '^(pg_|information_schema)' order by 1",
  );
  const rows: unknown[] = [];
  for (const { name } of tables) {
    rows.push(await db.sql(`select xmin::text, xmax::text, * from ${name}`));
  }
  return {
    schemas,
    catalog: [...await readCatalog((text) => db.sql(text), schemas)],
    rows: JSON.stringify(rows),
    rights: await db.sql(
      "select relname, relacl::text from pg_class where relkind in ('r', 'S') and oid > 16384 order by oid",
    ),
    settings: await db.sql(
      "select * from pg_db_role_setting where setdatabase = (select oid from pg_database where datname = current_database())",
    ),
    sequences: await db.sql("select schemaname, sequencename, last_value from pg_sequences"),
    locks: await db.sql(
      "select objid from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
    ),
    large: await db.sql("select oid from pg_largeobject_metadata"),
  };
}

for (const [state, prepare] of Object.entries(STATES)) {
  Deno.test(`what only reads changes nothing in a database ${state}`, async () => {
    await using db = await createDatabase();
    await prepare(db);
    const role = `reader_${db.name}`;
    await administer(`create role ${role} login`);
    try {
      // It may read, and that only because it was granted what the refusal names.
      await db.sql("revoke all on schema public from public");
      await db.sql(`revoke temporary on database ${db.name} from public`);
      const refused = await run(db, role, ["status"]);
      const grant = /run: (grant .*;)/.exec(refused.err)?.[1];
      assert.equal(refused.code === 0, grant === undefined, refused.err);
      if (grant !== undefined) await db.sql(grant);
      const before = await everything(db);
      for (const user of ["postgres", role]) {
        for (const [args, codes] of COMMANDS) {
          const { code, err } = await run(db, user, args);
          assert.ok(codes.includes(code), `${user} ${args.join(" ")}: ${code} ${err}`);
          assert.deepEqual(await everything(db), before, `${args.join(" ")} as ${user}`);
        }
      }
    } finally {
      await db.sql(`drop owned by ${role}`);
      await administer(`drop role ${role}`);
    }
  });
}
