import assert from "node:assert/strict";
import type { Database } from "../../src/database.ts";
import { configFile } from "../harness/config.ts";
import { contentOf } from "../harness/history.ts";
import { startPgBouncer } from "../harness/pgbouncer.ts";
import { administer, createDatabase, type TestDatabase } from "../harness/postgres.ts";
import { migrate, type ProgramRun } from "../harness/program.ts";
import { applyPool, migrationsFolder, poolOf } from "../harness/run.ts";
import { toolTest } from "../harness/tools.ts";

type Files = Readonly<Record<string, string>>;

const ONE = { "bronze/0001_a.sql": "create schema bronze;\n" };
const TWO = { ...ONE, "silver/0002_b.sql": "create schema silver;\n" };
const ALL = { ...TWO, "gold/0003_c.sql": "create schema gold;\n" };
const OPEN = "-- atlas:txmode none\n\ncreate table bronze.b (i int);\nselect 1/0;\n";

async function run(
  database: Database,
  files: Files,
  args: readonly string[],
): Promise<ProgramRun> {
  await using config = await configFile(database);
  await using folder = await migrationsFolder(files);
  const paths = ["--config", config.path, "--migrations", folder.path];
  return await migrate([...args, ...paths, "--json"]);
}

/** What apply would refuse, with the files of now and how the database came to be. */
const REFUSALS: readonly {
  readonly code: string;
  readonly files: Files;
  readonly prepare: (db: TestDatabase) => Promise<unknown>;
}[] = [
  {
    code: "migration_changed",
    files: { ...TWO, "bronze/0001_a.sql": "create schema bronze2;\n" },
    prepare: (db) => applyPool(db.database, poolOf(TWO)),
  },
  {
    code: "out_of_order",
    files: ALL,
    prepare: (db) =>
      applyPool(db.database, poolOf({ ...ONE, "gold/0003_c.sql": ALL["gold/0003_c.sql"] })),
  },
  {
    code: "database_not_clean",
    files: ALL,
    prepare: (db) => db.sql("create table public.others (i int)"),
  },
  {
    code: "missing_migration",
    files: ONE,
    prepare: (db) => applyPool(db.database, poolOf({ ...ONE, "silver/0002_b.sql": OPEN })),
  },
  {
    code: "partial_in_middle",
    files: { ...ALL, "silver/0002_b.sql": OPEN },
    prepare: async (db) => {
      await applyPool(db.database, poolOf({ ...ALL, "silver/0002_b.sql": OPEN }));
      await db.sql(`insert into atlas_schema_revisions.atlas_schema_revisions
        select '0003', 'c', type, 1, 1, executed_at, execution_time, null, null, '', null, operator_version
        from atlas_schema_revisions.atlas_schema_revisions where version = '0001'`);
    },
  },
];

for (const { code, files, prepare } of REFUSALS) {
  Deno.test(`migrate plan refuses with ${code}, as migrate does, and in the same words`, async () => {
    await using db = await createDatabase();
    await prepare(db);
    const before = await contentOf(db);
    const [planned, dry, applied] = [
      await run(db.database, files, ["plan"]),
      await run(db.database, files, ["apply", "--dry-run"]),
      await run(db.database, files, ["apply"]),
    ].map(({ code, out }) => ({ exit: code, error: JSON.parse(out).error }));
    assert.equal(applied?.error.code, code);
    const said = (
      error: Record<string, unknown>,
    ) => [error["code"], error["message"], error["hint"]];
    assert.deepEqual(said(planned?.error), said(applied?.error));
    assert.deepEqual(said(dry?.error), said(applied?.error));
    assert.equal(planned?.exit, applied?.exit);
    assert.deepEqual(await contentOf(db), before);
  });
}

Deno.test("migrate plan goes on with a half-done file, and says from where", async () => {
  await using db = await createDatabase();
  const files = { ...ONE, "silver/0002_b.sql": OPEN };
  await applyPool(db.database, poolOf(files));
  const { files: [file] } = JSON.parse((await run(db.database, files, ["plan"])).out);
  assert.equal(file.resumeFrom, 1);
  assert.deepEqual(file.statements.map(({ sql }: { sql: string }) => sql), ["select 1/0;"]);
});

Deno.test("migrate plan says that somebody is migrating, and does not wait", async () => {
  await using db = await createDatabase();
  await db.sql("select pg_advisory_lock(2686470616)");
  const planned = JSON.parse((await run(db.database, ALL, ["plan"])).out);
  assert.match(planned.running, /^pid \d+/);
  assert.equal(planned.files.length, 3);
  const locked = await run(db.database, ALL, ["apply", "--lock-timeout", "50ms"]);
  assert.equal(JSON.parse(locked.out).error.code, "lock_timeout");
});

Deno.test("migrate plan says what apply refuses: transactions that are read-only", async () => {
  await using db = await createDatabase();
  await administer(`alter database ${db.name} set default_transaction_read_only = on`);
  const planned = JSON.parse((await run(db.database, ALL, ["plan"])).out);
  assert.equal(planned.files.length, 3);
  const applied = JSON.parse((await run(db.database, ALL, ["apply"])).out);
  assert.equal(applied.error.code, "read_only_database");
  assert.deepEqual(planned.refusal, applied.error);
});

toolTest(
  "pgbouncer",
  "migrate plan says what apply refuses: a pooler of transactions",
  async () => {
    await using db = await createDatabase();
    await using pooler = await startPgBouncer("transaction");
    const { host, port } = pooler;
    const database = { ...db.database, host, port };
    const planned = JSON.parse((await run(database, ALL, ["plan"])).out);
    assert.equal(planned.files.length, 3);
    const applied = JSON.parse((await run(database, ALL, ["apply"])).out);
    assert.equal(applied.error.code, "transaction_pooler");
    assert.deepEqual(planned.refusal, applied.error);
  },
);

Deno.test("migrate plan ends with the command that does it, with the same flags", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  await using folder = await migrationsFolder(ALL);
  const paths = ["--config", config.path, "--migrations", folder.path];
  const planned = await migrate(["plan", "2", "--sql", "--tx-mode", "all", ...paths]);
  const [, command = ""] = /\nnext: migrate (.*)\n$/.exec(planned.out) ?? [];
  assert.equal(command, `2 --tx-mode all ${paths.join(" ")}`);
  const applied = await migrate(command.split(" "));
  assert.equal(applied.code, 0, applied.err);
  assert.match(applied.out, /^Applied 2 migrations/m);
});
