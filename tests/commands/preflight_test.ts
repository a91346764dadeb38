import assert from "node:assert/strict";
import { MigrateError } from "../../src/errors.ts";
import { LOCKS } from "../../src/postgres/mod.ts";
import { revisionsOf } from "../harness/history.ts";
import { createDatabase, server, type TestDatabase } from "../harness/postgres.ts";
import { startProxy } from "../harness/proxy.ts";
import { applyPool, poolOf, silent, testEngines } from "../harness/run.ts";

const FILES = poolOf({
  "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n",
  "gold/0002_b.sql": "create schema gold;\ncreate table gold.b (i int);\n",
});

/** The flights of questions in a run: what was sent before the next answer came. */
async function flightsOf(db: TestDatabase, revisionsSchema?: string): Promise<readonly string[]> {
  const flights: string[] = [];
  let last = "answered";
  await using proxy = await startProxy(server(), ({ connection, direction, type }) => {
    assert.equal(connection, 1, "a second connection");
    if (direction === "asked") {
      if (last === "answered") flights.push("");
      flights.push((flights.pop() ?? "") + (type === "" ? "start" : type));
    }
    last = direction;
    return "pass";
  });
  const { host, port } = proxy;
  const report = await applyPool({ ...db.database, host, port }, FILES, { revisionsSchema });
  assert.equal(report.error, undefined);
  assert.equal(report.applied.length, 0);
  assert.equal(report.after, "0002");
  return flights;
}

Deno.test("apply() with nothing to do asks one question after its log-in, wherever the history is", async () => {
  for (const [schema, asked] of [[undefined], ["public"], ['odd "schema"'], ["x", "x"]]) {
    await using db = await createDatabase();
    if (schema !== undefined && schema !== "public") {
      await db.sql(`create schema "${schema.replaceAll('"', '""')}"`);
    }
    const report = await applyPool(db.database, FILES, {
      revisionsSchema: schema,
      allowDirty: true,
    });
    assert.equal(report.error, undefined, report.error?.message);
    assert.deepEqual(await flightsOf(db, asked), ["start", "Q", "X"]);
  }
});

Deno.test("apply() with nothing to do says so while another run holds the lock, and takes none", async () => {
  for (const use of testEngines) {
    await using db = await createDatabase();
    await applyPool(db.database, FILES);
    await db.sql(`select pg_advisory_lock(${LOCKS.own}), pg_advisory_lock(${LOCKS.atlas})`);
    const report = await applyPool(db.database, FILES, {
      use,
      events: { ...silent, onWait: () => assert.fail("waits") },
    });
    assert.equal(report.error, undefined);
    assert.equal(report.after, "0002");
  }
});

Deno.test("apply() decides under its locks when anything is left to do, or to refuse", async () => {
  await using db = await createDatabase();
  await applyPool(db.database, FILES);
  await db.sql(`select pg_advisory_lock(${LOCKS.own})`);
  const half = "update atlas_schema_revisions.atlas_schema_revisions set applied = 1";
  const renamed = "update atlas_schema_revisions.atlas_schema_revisions set hash = 'another'";
  const gone = "delete from atlas_schema_revisions.atlas_schema_revisions where version = '0002'";
  for (const change of [gone, half, renamed]) {
    await db.sql(change);
    let waited = 0;
    await assert.rejects(
      applyPool(db.database, FILES, {
        lockTimeoutMs: 300,
        events: { ...silent, onWait: () => waited++ },
      }),
      (error) => error instanceof MigrateError && error.code === "lock_timeout",
    );
    assert.equal(waited, 1, change);
  }
});

Deno.test("apply() reads the history again after it has waited for the lock", async () => {
  await using db = await createDatabase();
  await applyPool(db.database, FILES, { amount: 1 });
  const other = db.sql(
    `select pg_advisory_lock(${LOCKS.own}); select pg_sleep(0.5);
     create schema gold; create table gold.b (i int);
     insert into atlas_schema_revisions.atlas_schema_revisions
       select '0002', 'b', 2, 2, 2, now(), 0, '', '', '${
      FILES.migrations[1]?.hash
    }', 'null', 'other';
     select pg_advisory_unlock(${LOCKS.own})`,
  );
  await new Promise((resolve) => setTimeout(resolve, 150));
  const report = await applyPool(db.database, FILES);
  await other;
  assert.equal(report.error, undefined, report.error?.message);
  assert.equal(report.applied.length, 0);
  assert.equal((await revisionsOf(db)).length, 2);
});

Deno.test("apply() says what it may not read, and waits for who keeps the history", async () => {
  await using db = await createDatabase();
  await applyPool(db.database, FILES);
  const role = `${db.name}_reader`;
  await db.sql(`create role ${role} login`);
  try {
    await assert.rejects(
      applyPool({ ...db.database, user: role }, FILES),
      (error) => error instanceof MigrateError && error.code === "permission_denied",
    );
  } finally {
    await db.sql(`drop role ${role}`);
  }
  const hold = db.sql(
    "begin; lock table atlas_schema_revisions.atlas_schema_revisions; select pg_sleep(0.5); commit",
  );
  const report = await applyPool(db.database, FILES);
  await hold;
  assert.equal(report.error, undefined);
});
