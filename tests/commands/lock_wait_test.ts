import assert from "node:assert/strict";
import { PATIENCE } from "../../src/postgres/patience.ts";
import type { ApplyEvents } from "../../src/commands/apply.ts";
import type { Retry } from "../../src/report.ts";
import { contentOf, revisionsOf } from "../harness/history.ts";
import { administer, createDatabase, type TestDatabase } from "../harness/postgres.ts";
import { applyPool, poolOf, silent, testEngines } from "../harness/run.ts";

const NONE = "-- atlas:txmode none\n\n";
const TABLE = { "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n" };
const ADD = {
  ...TABLE,
  "bronze/0002_b.sql": "prepare p as select 1;\nalter table bronze.a add column j int;\n",
};
const HURRY = { ...PATIENCE, pauseMs: 10, longestPauseMs: 10 };

/** Events that keep what is told of tries. */
function listening(onRetry: (retry: Retry) => void): ApplyEvents {
  return { ...silent, onRetry };
}

async function withTable(): Promise<TestDatabase> {
  const db = await createDatabase();
  await applyPool(db.database, poolOf(TABLE));
  return db;
}

Deno.test("apply() tries a file again whose locks somebody else holds, and says who", async () => {
  await using db = await withTable();
  await db.sql("begin; lock table bronze.a in access share mode");
  const retries: Retry[] = [];
  const report = await applyPool(db.database, poolOf(ADD), {
    statementLockTimeoutMs: 300,
    patience: HURRY,
    events: listening((retry) => {
      retries.push(retry);
      if (retries.length === 2) void db.sql("commit");
    }),
  });
  assert.equal(report.error, undefined, report.error?.message);
  assert.deepEqual(report.applied.map(({ migration }) => migration.version), ["0002"]);
  assert.ok(retries.length >= 2);
  assert.equal(retries[0]?.attempt, 2);
  assert.match(
    retries[0]?.blockers.join() ?? "",
    /^pid \d+, "postgres.js" from 127\.0\.0\.1, busy since/,
  );
});

Deno.test("apply() gives up after so many tries, leaves nothing, and the next run goes on", async () => {
  await using db = await withTable();
  await db.sql("begin; lock table bronze.a in access share mode");
  let tries = 1;
  const options = {
    statementLockTimeoutMs: 200,
    patience: { ...HURRY, tries: 3 },
    events: listening(() => tries++),
  };
  const { error } = await applyPool(db.database, poolOf(ADD), options);
  assert.equal(error?.code, "migration_failed");
  assert.equal(error?.data["sqlstate"], "55P03");
  assert.equal(error?.data["line"], 2);
  assert.match(error?.details.join("\n") ?? "", /blocked by pid \d+, "postgres.js"/);
  assert.match(error?.hint ?? "", /--statement-lock-timeout/);
  assert.equal(tries, 3);
  assert.equal((await revisionsOf(db)).length, 1);
  await db.sql("commit");
  assert.equal((await applyPool(db.database, poolOf(ADD))).error, undefined);
});

Deno.test("apply() tries all files of one transaction again", async () => {
  await using db = await withTable();
  await db.sql("begin; lock table bronze.a in access share mode");
  const files = { ...ADD, "gold/0003_c.sql": "create schema gold;\n" };
  const report = await applyPool(db.database, poolOf(files), {
    txMode: "all",
    statementLockTimeoutMs: 50,
    patience: HURRY,
    events: listening(() => void db.sql("commit")),
  });
  assert.equal(report.error, undefined, report.error?.message);
  assert.equal(report.applied.length, 2);
});

Deno.test("apply() tries a file again that lost in a deadlock", async () => {
  await using db = await withTable();
  await db.sql("create table bronze.rival (i int)");
  await db.sql("begin; set local deadlock_timeout = '1min'; lock table bronze.rival");
  let rival: Promise<unknown> = Promise.resolve();
  const files = {
    ...TABLE,
    "bronze/0002_b.sql":
      "set deadlock_timeout = '10ms';\nlock table bronze.a;\nselect pg_sleep(0.3);\nlock table bronze.rival;\n",
  };
  let deadlocks = 0;
  const running = applyPool(db.database, poolOf(files), {
    patience: HURRY,
    events: listening(() => {
      deadlocks++;
      rival = rival.then(() => db.sql("commit"));
    }),
  });
  await asleep(db);
  rival = db.sql("lock table bronze.a");
  const report = await running;
  await rival;
  assert.equal(report.error, undefined, report.error?.message);
  assert.equal(deadlocks, 1);
});

Deno.test("apply() does not try again what runs outside a transaction, and the next run goes on", async () => {
  await using db = await withTable();
  await db.sql("begin; lock table bronze.a in access share mode");
  const files = {
    ...TABLE,
    "bronze/0002_b.sql":
      `${NONE}create table bronze.b (i int);\nalter table bronze.a add column j int;\n`,
  };
  const options = {
    statementLockTimeoutMs: 50,
    patience: HURRY,
    events: listening(() => assert.fail("was tried again")),
  };
  const { error } = await applyPool(db.database, poolOf(files), options);
  assert.equal(error?.data["sqlstate"], "55P03");
  const [, row] = await revisionsOf(db);
  assert.deepEqual([row?.["applied"], row?.["total"]], [1, 2]);
  await db.sql("commit");
  const next = await applyPool(db.database, poolOf(files), options);
  assert.deepEqual(next.applied.map(({ skipped, statements }) => [skipped, statements]), [[1, 1]]);
});

Deno.test("apply() stops between two tries when it is told to", async () => {
  await using db = await withTable();
  await db.sql("begin; lock table bronze.a in access share mode");
  const stop = new AbortController();
  const report = await applyPool(db.database, poolOf(ADD), {
    statementLockTimeoutMs: 50,
    patience: { ...HURRY, pauseMs: 60_000, longestPauseMs: 60_000 },
    signal: stop.signal,
    events: listening(() => stop.abort("SIGINT")),
  });
  assert.equal(report.error?.code, "interrupted");
  assert.equal(report.failed?.version, "0002");
  assert.equal((await revisionsOf(db)).length, 1);
});

Deno.test("apply() lets a file choose its own lock_timeout, and the next begins with ours", async () => {
  await using db = await createDatabase();
  const is = (value: string) =>
    `do $$ begin if current_setting('lock_timeout') <> '${value}' then raise 'is %', current_setting('lock_timeout'); end if; end $$;\n`;
  const files = {
    "bronze/0001_a.sql": `${is("3s")}set lock_timeout = '7s';\n${is("7s")}`,
    "bronze/0002_b.sql": `${is("3s")}set local lock_timeout = 0;\n${is("0")}`,
    "bronze/0003_c.sql": `${NONE}${is("3s")}set lock_timeout = '9s';\n${is("9s")}`,
    "bronze/0004_d.sql":
      `${NONE}create table d (i int);\nset lock_timeout = '8s';\ncreate index concurrently d1 on d (i);\n${
        is("8s")
      }`,
    "bronze/0005_e.sql": `${NONE}create index concurrently d2 on d (i);\n${is("3s")}`,
    "bronze/0006_f.sql": is("3s"),
  };
  for (let known = 1; known <= 6; known++) {
    const some = Object.fromEntries(Object.entries(files).slice(0, known));
    const { error } = await applyPool(db.database, poolOf(some));
    assert.equal(error, undefined, error?.message);
  }
  await using fresh = await createDatabase();
  const { error } = await applyPool(fresh.database, poolOf(files));
  assert.equal(error, undefined, error?.message);
});

Deno.test("apply() lets a statement that works concurrently wait without end", async () => {
  await using db = await withTable();
  await db.sql("begin; insert into bronze.a values (1)");
  const files = {
    ...TABLE,
    "bronze/0002_b.sql": `${NONE}create /* x */ index\n concurrently a1 on bronze.a (i);\n`,
  };
  const running = applyPool(db.database, poolOf(files), { statementLockTimeoutMs: 20 });
  // Long enough for the time-out, were it on.
  await new Promise((resolve) => setTimeout(resolve, 400));
  await db.sql("commit");
  const report = await running;
  assert.equal(report.error, undefined, report.error?.message);
  assert.deepEqual(report.invalidIndexes, []);
});

for (const use of testEngines) {
  Deno.test(`apply() through ${use} builds an index again that its statement left invalid`, async () => {
    await using db = await createDatabase();
    await db.sql(
      "create schema bronze; create table bronze.twice (i int); insert into bronze.twice values (1), (1)",
    );
    // Two that are none of our business: one of another name, one of the same name elsewhere.
    await db.sql("create table public.twice as table bronze.twice");
    for (const [name, table] of [["other", "bronze.twice"], ['"Odd ""one"', "public.twice"]]) {
      await assert.rejects(db.sql(`create unique index concurrently ${name} on ${table} (i)`));
    }
    const files = {
      "bronze/0001_a.sql":
        `${NONE}select 1;\ncreate unique index concurrently if not exists "Odd ""one" on bronze.twice (i);\nselect 2;\n`,
    };
    const rebuilt: string[] = [];
    const options = {
      use,
      allowDirty: true,
      events: { ...silent, onRebuild: (index: string) => rebuilt.push(index) },
    };
    const { error } = await applyPool(db.database, poolOf(files), options);
    assert.equal(error?.data["sqlstate"], "23505");
    assert.deepEqual(rebuilt, []);
    await db.sql("delete from bronze.twice");
    const report = await applyPool(db.database, poolOf(files), options);
    assert.equal(report.error, undefined, report.error?.message);
    assert.deepEqual(rebuilt, ['bronze."Odd ""one"']);
    assert.deepEqual(report.invalidIndexes, ["bronze.other", 'public."Odd ""one"']);
    const [row] = await db.sql(
      `select indisvalid as valid from pg_index where indexrelid = 'bronze."Odd ""one"'::regclass`,
    );
    assert.equal(row?.["valid"], true);
    assert.ok((await contentOf(db)).length > 0);
  });
}

async function asleep(db: TestDatabase): Promise<void> {
  // On a connection of its own: inside a transaction the answer would stay the same.
  const query =
    `select 1 from pg_stat_activity where datname = '${db.name}' and query ~ '^select pg_sleep'`;
  while ((await administer(query)).length === 0);
}
