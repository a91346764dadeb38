import assert from "node:assert/strict";
import { configFile } from "../harness/config.ts";
import { revisionsOf } from "../harness/history.ts";
import { createDatabase, type TestDatabase } from "../harness/postgres.ts";
import { migrate, type ProgramRun } from "../harness/program.ts";
import { applyPool, migrationsFolder, poolOf, testEngines } from "../harness/run.ts";

const HALF =
  "-- atlas:txmode none\n\ncreate table bronze.b (i int);\nselect 1/0;\ncreate table bronze.c (i int);\n";
const FILES = {
  "bronze/0001_a.sql": "create schema bronze;\n",
  "bronze/0002_b.sql": HALF,
  "gold/0003_c.sql": "create schema gold;\n",
};

async function run(db: TestDatabase, ...args: readonly string[]): Promise<ProgramRun> {
  await using config = await configFile(db.database);
  await using folder = await migrationsFolder(FILES);
  return await migrate([...args, "--config", config.path, "--migrations", folder.path]);
}

async function halfDone(): Promise<TestDatabase> {
  const db = await createDatabase();
  const report = await applyPool(db.database, poolOf(FILES));
  assert.equal(report.failed?.version, "0002");
  return db;
}

async function versions(db: TestDatabase): Promise<readonly unknown[]> {
  return (await revisionsOf(db)).map(({ applied, total, type, version }) =>
    `${version} ${type} ${applied}/${total}`
  );
}

for (const use of testEngines) {
  Deno.test(`migrate resolve --applied: ${use} goes on with the next file`, async () => {
    await using db = await halfDone();
    await db.sql("create table bronze.c (i int)");
    const resolved = await run(db, "resolve", "0002", "--applied", "--yes");
    assert.equal(resolved.code, 0, resolved.err);
    assert.match(resolved.err, /^To be recorded: 0002_b counts as applied: set by hand$/m);
    assert.equal(resolved.out, "Recorded. Next: migrate status\n");
    assert.deepEqual(await versions(db), ["0001 2 1/1", "0002 6 3/3"]);
    const report = await applyPool(db.database, poolOf(FILES), { use });
    assert.equal(report.error, undefined, report.error?.message);
    assert.deepEqual(report.applied.map(({ migration }) => migration.version), ["0003"]);
    assert.match((await run(db, "history")).out, /0002_b \(bronze\)\n {4}manually set/);
  });

  Deno.test(`migrate resolve --rolled-back: ${use} begins the file anew`, async () => {
    await using db = await halfDone();
    await db.sql("drop table bronze.b");
    const resolved = await run(db, "resolve", "0002", "--rolled-back", "--yes", "--json");
    assert.equal(JSON.parse(resolved.out).status, "rolled_back");
    assert.deepEqual(await versions(db), ["0001 2 1/1"]);
    const repaired = poolOf({ ...FILES, "bronze/0002_b.sql": HALF.replace("1/0", "1") });
    const report = await applyPool(db.database, repaired, { use });
    assert.equal(report.error, undefined, report.error?.message);
    assert.equal(report.after, "0003");
  });

  Deno.test(`migrate baseline: ${use} applies what comes after`, async () => {
    await using db = await createDatabase();
    await db.sql("create schema bronze; create table bronze.b (i int)");
    const recorded = await run(db, "baseline", "0002", "--yes");
    assert.equal(recorded.code, 0, recorded.err);
    assert.match(recorded.err, /the database has everything up to 0002_b.*; 1 are left to apply$/m);
    assert.deepEqual(await versions(db), ["0002 1 0/0"]);
    const report = await applyPool(db.database, poolOf(FILES), { use });
    assert.equal(report.error, undefined, report.error?.message);
    assert.deepEqual(report.applied.map(({ migration }) => migration.version), ["0003"]);
    const again = await run(db, "baseline", "0001", "--yes");
    assert.equal(again.code, 1);
    assert.match(again.err, /^error\[history_exists\]/m);
  });
}

Deno.test("migrate resolve and baseline record nothing that nobody agreed to", async () => {
  await using db = await halfDone();
  const before = await versions(db);
  const asked = await run(db, "resolve", "0002", "--rolled-back");
  assert.equal(asked.code, 2);
  assert.match(asked.err, /^error\[not_confirmed\]/m);
  assert.match(asked.err, /^hint: .*--yes$/m);
  assert.deepEqual(await versions(db), before);
  await using empty = await createDatabase();
  assert.equal((await run(empty, "baseline", "0001")).code, 2);
  assert.deepEqual(await revisionsOf(empty), []);
});

for (
  const [args, code, exit] of [
    [["resolve", "0001", "--applied"], "resolve_refused", 1],
    [["resolve", "0001", "--rolled-back"], "resolve_refused", 1],
    [["resolve", "0003", "--rolled-back"], "resolve_refused", 1],
    [["resolve", "0009", "--applied"], "version_unknown", 2],
    [["resolve", "0002"], "usage", 2],
    [["resolve", "0002", "--applied", "--rolled-back"], "usage", 2],
    [["baseline", "0009"], "history_exists", 1],
  ] as const
) {
  Deno.test(`migrate ${args.join(" ")} is refused with ${code}`, async () => {
    await using db = await halfDone();
    const before = await versions(db);
    const refused = await run(db, ...args, "--yes", "--json");
    assert.equal(refused.code, exit, refused.err);
    assert.equal(JSON.parse(refused.out).error.code, code);
    assert.deepEqual(await versions(db), before);
  });
}

Deno.test("migrate resolve --applied takes the next file, and no later one", async () => {
  await using db = await createDatabase();
  await applyPool(db.database, poolOf(FILES), { amount: 1 });
  assert.match((await run(db, "resolve", "0003", "--applied", "--yes")).err, /not the next one/);
  assert.equal((await run(db, "resolve", "0002", "--applied", "--yes")).code, 0);
  assert.deepEqual(await versions(db), ["0001 2 1/1", "0002 4 0/0"]);
  assert.equal((await applyPool(db.database, poolOf(FILES))).error, undefined);
});

Deno.test("migrate resolve --applied takes the first file of a database without history", async () => {
  await using db = await createDatabase();
  await db.sql("create schema bronze");
  const resolved = await run(db, "resolve", "0001", "--applied", "--yes");
  assert.equal(resolved.code, 0, resolved.err);
  assert.deepEqual(await versions(db), ["0001 4 0/0"]);
  assert.equal((await applyPool(db.database, poolOf(FILES))).failed?.version, "0002");
});

Deno.test("migrate resolve waits for nobody who migrates longer than --lock-timeout", async () => {
  await using db = await halfDone();
  await db.sql("select pg_advisory_lock(2686470616)");
  const busy = await run(db, "resolve", "0002", "--applied", "--yes", "--lock-timeout", "100ms");
  assert.equal(busy.code, 1);
  assert.match(busy.err, /^error\[lock_timeout\]/m);
});
