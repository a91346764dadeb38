import assert from "node:assert/strict";
import { startPostgres } from "../../scripts/postgres/server.ts";
import type { Database } from "../../src/database.ts";
import type { Session } from "../../src/postgres/session.ts";
import type { ApplyReport } from "../../src/report.ts";
import { checkAftermath, IMPATIENT, REPEATABLE } from "../harness/faults.ts";
import { revisionsOf } from "../harness/history.ts";
import { administer, createDatabase, databaseAt, openSession } from "../harness/postgres.ts";
import { applyPool, poolOf, silent, testEngines } from "../harness/run.ts";
import { toolTest } from "../harness/tools.ts";

const FIRST = "create schema bronze;\ncreate table bronze.a (i int);\n";

/** Files of which the second takes for ever, until somebody says go; it leaves all or nothing. */
const SLOW = {
  "bronze/0001_a.sql": FIRST,
  "gold/0002_b.sql":
    "insert into bronze.a values (2);\nselect pg_sleep(case when current_setting('hotpot.go', true) = 'on' then 0 else 600 end);\n",
  "gold/0003_c.sql": "insert into bronze.a values (3);\n",
};

/** Checks what a run has left that was stopped in the second file, and that the next one finishes. */
async function checkStopped(report: ApplyReport, database: Database): Promise<void> {
  const { error } = report;
  assert.ok(error !== undefined);
  assert.ok(error.hint, error.message);
  assert.doesNotMatch(error.message, /undefined|\n\s+at /);
  assert.deepEqual(report.applied.map(({ migration }) => migration.version), ["0001"]);
  assert.equal(report.after, "0001");
  await using session = await openSession(database);
  assert.deepEqual(await session.query("select i from bronze.a"), []);
  await session.run(`alter database ${database.dbname} set hotpot.go = on`);
  const next = await applyPool(database, poolOf(SLOW), { use: "atlas" });
  assert.equal(next.error, undefined, next.error?.message);
  assert.deepEqual(await session.query("select i from bronze.a order by i"), [{ i: 2 }, { i: 3 }]);
}

/** The process of the server that sleeps for Atlas. */
async function sleeper(session: Session): Promise<number> {
  const query =
    "select pid from pg_stat_activity where datname = current_database() and query ~ '^select pg_sleep' and state = 'active'";
  let rows = await session.query(query);
  while (rows.length === 0) rows = await session.query(query);
  return Number(rows[0]?.["pid"]);
}

toolTest(
  "atlas",
  "apply() through atlas tells that Atlas' backend was killed, and the next run finishes",
  async () => {
    await using db = await createDatabase();
    await using session = await openSession(db.database);
    const running = applyPool(db.database, poolOf(SLOW), { use: "atlas" });
    await administer(`select pg_terminate_backend(${await sleeper(session)})`);
    const report = await running;
    assert.equal(report.error?.code, "connection_lost", report.error?.message);
    assert.equal(report.failed?.version, "0002");
    await checkStopped(report, db.database);
  },
);

toolTest(
  "atlas",
  "apply() through atlas says connection_lost when our own backend is killed, once Atlas has ended",
  async () => {
    await using db = await createDatabase();
    await using session = await openSession(db.database);
    const running = applyPool({ ...db.database, applicationName: "ours" }, REPEATABLE, {
      use: "atlas",
      patience: IMPATIENT,
    });
    const find =
      `select pid from pg_stat_activity where datname = '${db.name}' and application_name = 'ours' and query ~ 'advisory_unlock'`;
    let rows = await session.query(find);
    while (rows.length === 0) rows = await session.query(find);
    await administer(`select pg_terminate_backend(${rows[0]?.["pid"]})`);
    const report = await running.catch((error) => ({ error }));
    // Atlas has a connection of its own, so the work may well be done.
    const codes: readonly unknown[] = [undefined, "connection_lost"];
    assert.ok(codes.includes(report.error?.code), String(report.error));
    await checkAftermath(db, "our backend was killed", { pool: REPEATABLE, use: "atlas" });
    assert.equal((await revisionsOf(db)).length, 4);
  },
);

toolTest(
  "atlas",
  "apply() through atlas survives a restart of the server, and the next run finishes",
  async () => {
    await using server = await startPostgres();
    const { host, port } = server;
    const database = databaseAt("postgres", { host, port });
    await using session = await openSession(database);
    const running = applyPool(database, poolOf(SLOW), {
      use: "atlas",
      patience: { ...IMPATIENT, settleMs: 20_000 },
    });
    await sleeper(session);
    await server.restart();
    const report = await running;
    assert.equal(report.error?.code, "connection_lost", report.error?.message);
    await checkStopped(report, database);
  },
);

for (const use of testEngines) {
  Deno.test(`apply() through ${use} tells of a commit that fails in terms of its file`, async () => {
    await using db = await createDatabase();
    const told: string[] = [];
    const files = {
      "bronze/0001_a.sql": FIRST,
      "bronze/0002_b.sql":
        "create table bronze.p (i int primary key);\ncreate table bronze.c (i int references bronze.p deferrable initially deferred);\ninsert into bronze.c values (1);\n",
      "bronze/0003_c.sql": "select 1;\n",
    };
    const report = await applyPool(db.database, poolOf(files), {
      use,
      events: { ...silent, onApplied: ({ migration }) => told.push(migration.version) },
    });
    assert.equal(report.error?.code, "migration_failed", report.error?.message);
    assert.equal(report.error?.data.sqlstate, "23503");
    assert.match(report.error?.details[0] ?? "", /0002_b\.sql, at the commit/);
    assert.deepEqual(told, ["0001"]);
    assert.deepEqual(report.applied.map(({ migration }) => migration.version), ["0001"]);
    assert.equal(report.failed?.version, "0002");
    assert.deepEqual(report.notStarted.map(({ version }) => version), ["0003"]);
  });
}
