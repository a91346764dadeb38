import assert from "node:assert/strict";
import { configFile } from "../harness/config.ts";
import { revisionsOf } from "../harness/history.ts";
import { createDatabase, type TestDatabase } from "../harness/postgres.ts";
import { migrate, type ProgramRun, taskCommand, taskEnvironment } from "../harness/program.ts";
import { applyPool, migrationsFolder, poolOf, testEngines } from "../harness/run.ts";
import { startOnTerminal } from "../harness/terminal.ts";
import { toolTest } from "../harness/tools.ts";

const HALF =
  "-- atlas:txmode none\n\ncreate table bronze.b (i int);\nselect 1/0;\ncreate table bronze.c (i int);\n";
const FILES = {
  "bronze/0001_a.sql": "create schema bronze;\n",
  "bronze/0002_b.sql": HALF,
  "gold/0003_c.sql": "create schema gold;\n",
};

async function run(db: TestDatabase, ...args: readonly string[]): Promise<ProgramRun> {
  return await runOn(FILES, db, args);
}

async function runOn(
  files: Readonly<Record<string, string>>,
  db: TestDatabase,
  args: readonly string[],
): Promise<ProgramRun> {
  await using config = await configFile(db.database);
  await using folder = await migrationsFolder(files);
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
    assert.match(
      resolved.err,
      /^To be recorded: 0002_b \(bronze\) counts as applied: set by hand$/m,
    );
    assert.match(resolved.out, /^Recorded\nnext: migrate status --config /);
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
    const other = await run(db, "baseline", "0001", "--yes");
    assert.equal(other.code, 1);
    assert.match(other.err, /^error\[history_exists\]/m);
    const again = await run(db, "baseline", "0002");
    assert.equal(again.code, 0, again.err);
    assert.match(again.out, /^Nothing to do: the history begins with 0002 as its baseline$/m);
  });
}

Deno.test("migrate resolve and baseline record nothing that nobody agreed to", async () => {
  await using db = await halfDone();
  const before = await versions(db);
  const asked = await run(db, "resolve", "0002", "--rolled-back");
  assert.equal(asked.code, 2);
  assert.match(asked.err, /^error\[confirmation_needed\]/m);
  assert.match(
    asked.err,
    /^next: migrate resolve 0002 --rolled-back --config \S+ --migrations \S+ --yes /m,
  );
  assert.deepEqual(await versions(db), before);
  await using empty = await createDatabase();
  assert.equal((await run(empty, "baseline", "0001")).code, 2);
  assert.deepEqual(await revisionsOf(empty), []);
});

for (
  const [args, code, exit] of [
    [["resolve", "0001", "--rolled-back"], "resolve_refused", 1],
    [["resolve", "0003", "--applied"], "resolve_refused", 1],
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
  const early = await run(db, "resolve", "0003", "--applied", "--yes");
  assert.match(early.err, /0002_b \(bronze\) comes first, and is not applied$/m);
  assert.match(early.err, /^next: migrate resolve 0002 --applied /m);
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

for (const use of testEngines) {
  Deno.test(`migrate resolve --applied takes a file that the database has passed (${use})`, async () => {
    await using db = await createDatabase();
    const { "bronze/0002_b.sql": _, ...early } = FILES;
    const late = { ...FILES, "bronze/0002_b.sql": "create table bronze.b (i int);\n" };
    await applyPool(db.database, poolOf(early), { use });
    await db.sql("create table bronze.b (i int)");
    const refused = await applyPool(db.database, poolOf(late), { use }).catch((error) => error);
    assert.equal(refused.code, "out_of_order");
    const command = refused.next.at(-1).command;
    assert.equal(command, "migrate resolve 0002 --applied");
    const resolved = await runOn(late, db, [...command.split(" ").slice(1), "--yes"]);
    assert.equal(resolved.code, 0, resolved.err);
    assert.deepEqual(await versions(db), ["0001 2 1/1", "0002 4 0/0", "0003 2 1/1"]);
    const more = { ...late, "gold/0004_d.sql": "create table gold.d (i int);\n" };
    const report = await applyPool(db.database, poolOf(more), { use });
    assert.equal(report.error, undefined, report.error?.message);
    assert.deepEqual(report.applied.map(({ migration }) => migration.version), ["0004"]);
  });
}

Deno.test("migrate resolve names the half-done file that comes first, and what to type", async () => {
  await using db = await halfDone();
  const refused = await run(db, "resolve", "0003", "--applied", "--yes");
  assert.equal(refused.code, 1);
  assert.match(
    refused.err,
    /^error\[resolve_refused\]: Cannot record 0003_c \(gold\) as applied: 0002_b \(bronze\) is half done$/m,
  );
  assert.match(
    refused.err,
    /^next: migrate resolve 0002 --applied --config \S+ --migrations \S+ +# all/m,
  );
  assert.match(refused.err, /^next: migrate resolve 0002 --rolled-back .* # nothing/m);
});

Deno.test("migrate resolve and baseline may be repeated: there is nothing to do", async () => {
  await using db = await halfDone();
  assert.equal((await run(db, "resolve", "0002", "--rolled-back", "--yes")).code, 0);
  for (
    const [args, says] of [
      [["resolve", "0002", "--rolled-back"], "0002_b (bronze) is not begun; it is pending"],
      [["resolve", "0003", "--rolled-back"], "0003_c (gold) is not begun; it is pending"],
      [["resolve", "0001", "--applied"], "0001_a (bronze) is applied already"],
    ] as const
  ) {
    const before = await versions(db);
    // Nothing is asked where there is nothing to do.
    const again = await run(db, ...args);
    assert.equal(again.code, 0, again.err);
    assert.equal(again.out, `Nothing to do: ${says}\n`);
    const document = JSON.parse((await run(db, ...args, "--json")).out);
    assert.equal(document.status, "nothing_to_do");
    assert.deepEqual(await versions(db), before);
  }
});

Deno.test("a failure of a file outside a transaction names the ways to record it", async () => {
  await using db = await createDatabase();
  const failed = await run(db, "--engine", "embedded");
  assert.equal(failed.code, 1);
  assert.match(failed.err, /^hint: .*repair the file from statement 2 on/m);
  assert.match(failed.err, /^next: migrate resolve 0002 --applied --config /m);
  assert.match(failed.err, /^next: migrate resolve 0002 --rolled-back --config /m);
  const { next } = JSON.parse((await run(db, "--engine", "embedded", "--json")).out).error;
  assert.match(next[0].command, /^migrate resolve 0002 --applied --config /);
});

/** Starts `migrate resolve 0002 --rolled-back` on a terminal, up to its question. */
async function asked(db: TestDatabase, place: AsyncDisposableStack, ...more: readonly string[]) {
  const config = place.use(await configFile(db.database));
  const folder = place.use(await migrationsFolder(FILES));
  const out = `${config.folder}/out.json`;
  const args = ["resolve", "0002", "--rolled-back", "--config", config.path];
  const run = startOnTerminal(
    [...await taskCommand("migrate"), ...args, "--migrations", folder.path, ...more],
    { env: taskEnvironment(), out },
  );
  await run.until(/Record this\? \[y\/N\] /);
  return { run, printed: () => Deno.readTextFile(out) };
}

toolTest("script", "migrate resolve asks on standard error, and records after a y", async () => {
  await using db = await halfDone();
  await using place = new AsyncDisposableStack();
  const { printed, run } = await asked(db, place, "--json");
  assert.deepEqual(await versions(db), ["0001 2 1/1", "0002 2 1/3"]);
  await run.type("y\r");
  assert.equal(await run.code, 0, run.screen);
  assert.equal(JSON.parse(await printed()).status, "rolled_back");
  assert.deepEqual(await versions(db), ["0001 2 1/1"]);
});

for (const [answer, keys] of [["no", "n\r"], ["nothing", "\r"], ["Ctrl-D", "\x04"]] as const) {
  toolTest("script", `migrate resolve records nothing after ${answer}`, async () => {
    await using db = await halfDone();
    await using place = new AsyncDisposableStack();
    const { run } = await asked(db, place);
    await run.type(keys);
    assert.equal(await run.code, 2, run.screen);
    assert.match(run.screen, /error\[not_confirmed\]/);
    assert.deepEqual(await versions(db), ["0001 2 1/1", "0002 2 1/3"]);
  });
}

toolTest("script", "Ctrl-C at the question ends with 130 and leaves no lock", async () => {
  await using db = await halfDone();
  await using place = new AsyncDisposableStack();
  const { printed, run } = await asked(db, place, "--json");
  await run.type("\x03");
  assert.equal(await run.code, 130, run.screen);
  assert.equal(JSON.parse(await printed()).error.code, "interrupted");
  assert.deepEqual(await versions(db), ["0001 2 1/1", "0002 2 1/3"]);
  const held = await db.sql(
    "select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
  );
  assert.equal(held.length, 0);
});
