import assert from "node:assert/strict";
import { startPostgres } from "../../scripts/postgres/server.ts";
import { IMPATIENT } from "../harness/faults.ts";
import { revisionsOf } from "../harness/history.ts";
import { administer, createDatabase, databaseAt, type TestDatabase } from "../harness/postgres.ts";
import { startProxy } from "../harness/proxy.ts";
import { applyPool, poolOf, silent } from "../harness/run.ts";

const QUICK = { "bronze/0001_a.sql": "create schema bronze;\n" };
const SLOW = {
  ...QUICK,
  "bronze/0002_b.sql": "create table bronze.b (i int);\nselect pg_sleep(60);\n",
};

Deno.test("apply() waits for a statement that says nothing for longer than a silence may last", async () => {
  await using db = await createDatabase();
  const files = { "bronze/0001_a.sql": "select pg_sleep(1.2);\n" };
  const report = await applyPool(db.database, poolOf(files), { patience: IMPATIENT });
  assert.equal(report.error, undefined, report.error?.message);
});

Deno.test("apply() waits for a statement although there is no connection left to look at it", async () => {
  await using db = await createDatabase();
  const user = `one_${db.name}`;
  await db.sql(
    `create role ${user} login connection limit 1; grant create on database ${db.name} to ${user}`,
  );
  try {
    const files = { "bronze/0001_a.sql": "select pg_sleep(1);\n" };
    const report = await applyPool(databaseAt(db.name, { user }), poolOf(files), {
      patience: IMPATIENT,
    });
    assert.equal(report.error, undefined, report.error?.message);
  } finally {
    await db.sql(`drop owned by ${user} cascade`);
    await administer(`drop role ${user}`);
  }
});

Deno.test("apply() sees its backend in whichever role it works", async () => {
  await using db = await createDatabase();
  const user = `login_${db.name}`;
  const owner = `owner_${db.name}`;
  await db.sql(
    `create role ${owner} nologin; create role ${user} login noinherit in role ${owner};
    grant create on database ${db.name} to ${owner}`,
  );
  try {
    const files = { ...QUICK, "bronze/0002_b.sql": "select pg_sleep(1);\n" };
    const database = databaseAt(db.name, { user, role: owner });
    const report = await applyPool(database, poolOf(files), { patience: IMPATIENT });
    assert.equal(report.error, undefined, report.error?.message);
    // The one that is lost is found to be gone, too.
    const more = { ...files, "bronze/0003_c.sql": "select pg_sleep(60);\n" };
    const running = applyPool(database, poolOf(more), { patience: IMPATIENT });
    await kill(db, "query ~ '^select pg_sleep.60'");
    const lost = await running;
    assert.equal(lost.error?.code, "connection_lost");
    assert.equal(lost.after, "0002");
  } finally {
    await db.sql(`drop owned by ${user}, ${owner} cascade`);
    await administer(`drop role ${user}; drop role ${owner}`);
  }
});

for (const pipeline of [true, false]) {
  const how = pipeline ? "files sent ahead" : "one answer at a time";
  Deno.test(`apply() takes a connection for lost whose answer never comes, ${how}`, async () => {
    await using db = await createDatabase();
    let started = false;
    // The first connection goes silent at the second file.
    await using proxy = await startProxy(
      databaseAt(""),
      ({ connection }) => connection === 1 && started ? "stall" : "pass",
    );
    const events = {
      ...silent,
      onStart: ({ version }: { readonly version: string }) => started = version === "0002",
    };
    const { host, port } = proxy;
    const files = { ...QUICK, "bronze/0002_b.sql": "select pg_sleep(0.5);\n" };
    const report = await applyPool({ ...db.database, host, port }, poolOf(files), {
      patience: { ...IMPATIENT, settleMs: 300 },
      pipeline,
      events,
    });
    assert.equal(report.error?.code, "connection_lost");
    assert.match(report.error?.message ?? "", /no sign of life for 0.25 s/);
    // What is told is what was read over another connection.
    assert.deepEqual(
      report.applied.map(({ migration }) => migration.version),
      (await revisionsOf(db)).map(({ version }) => version),
    );
  });
}

Deno.test("apply() takes a connection for lost when the server cannot be reached any more", async () => {
  await using db = await createDatabase();
  let black = false;
  await using proxy = await startProxy(databaseAt(""), () => black ? "stall" : "pass");
  const running = applyPool(
    { ...db.database, host: proxy.host, port: proxy.port, connectTimeoutMs: 2_000 },
    poolOf(SLOW),
    { patience: { ...IMPATIENT, settleMs: 300 } },
  );
  await sleeping(db);
  black = true;
  const report = await running;
  assert.equal(report.error?.code, "connection_lost");
  assert.match(report.error?.message ?? "", /what was applied last is not known/);
});

/** Where a backend may be when it is killed, and what finds it there. */
const PHASES: readonly (readonly [string, string])[] = [
  ["in a statement of a transaction", "query ~ '^select pg_sleep'"],
  ["in a transaction, wherever", "xact_start is not null"],
  ["while it waits for the lock", "query ~ 'pg_try_advisory_lock'"],
];

for (const [phase, where] of PHASES) {
  Deno.test(`apply() says connection_lost when its backend is killed ${phase}`, async () => {
    await using db = await createDatabase();
    await applyPool(db.database, poolOf(QUICK));
    if (phase.includes("lock")) await db.sql("select pg_advisory_lock(2686470616)");
    const running = applyPool(db.database, poolOf(SLOW), { patience: IMPATIENT }).then(
      ({ error }) => error,
      (error) => error,
    );
    await kill(db, where);
    const error = await running;
    assert.equal(error?.code, "connection_lost", error?.message);
    await db.sql("select pg_advisory_unlock_all()");
    assert.equal((await revisionsOf(db)).length, 1);
    const next = await applyPool(db.database, poolOf(QUICK));
    assert.equal(next.error, undefined, next.error?.message);
  });
}

for (const pipeline of [true, false]) {
  const how = pipeline ? "files sent ahead" : "one answer at a time";
  Deno.test(`apply() stops at the end of a file when its backend is killed between files, ${how}`, async () => {
    for (const version of ["0001", "0004", "0007"]) {
      await using db = await createDatabase();
      const files = Object.fromEntries(
        Array.from({ length: 12 }, (_, i) => [
          `bronze/${String(i + 1).padStart(4, "0")}_x.sql`,
          i === 0
            ? "create table public.mark (n int);\n"
            : `insert into public.mark values (${i});\nselect pg_sleep(0.1);\n`,
        ]),
      );
      let killed: Promise<unknown> | undefined;
      const report = await applyPool(db.database, poolOf(files), {
        pipeline,
        patience: IMPATIENT,
        events: {
          ...silent,
          onApplied: ({ migration }) => {
            if (migration.version !== version) return;
            killed = db.sql(
              `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${db.name}' and application_name = 'hotpot-test'`,
            );
          },
        },
      });
      await killed;
      assert.equal(report.error?.code, "connection_lost", report.error?.message);
      const rows = await revisionsOf(db);
      assert.ok(rows.length >= Number(version) && rows.length < 12, `${rows.length}`);
      assert.deepEqual(
        report.applied.map(({ migration }) => migration.version),
        rows.map((row) => row["version"]),
      );
      const marks = await db.sql("select n from public.mark order by n");
      assert.deepEqual(
        marks.map(({ n }) => n),
        Array.from({ length: rows.length - 1 }, (_, i) => i + 1),
      );
      const next = await applyPool(db.database, poolOf(files), { pipeline });
      assert.equal(next.error, undefined, next.error?.message);
      assert.equal(next.applied.length, 12 - rows.length);
      assert.equal((await db.sql("select n from public.mark")).length, 11);
    }
  });
}

Deno.test("apply() says connection_lost when the server is restarted, and the next run finishes", async () => {
  await using server = await startPostgres();
  const { host, port } = server;
  const database = databaseAt("postgres", { host, port });
  let restarting: Promise<void> | undefined;
  const report = await applyPool(database, poolOf(SLOW), {
    patience: { ...IMPATIENT, settleMs: 20_000 },
    events: {
      ...silent,
      onStart: ({ version }) => {
        if (version === "0002") setTimeout(() => restarting = server.restart(), 300);
      },
    },
  });
  await restarting;
  assert.equal(report.error?.code, "connection_lost");
  assert.match(report.error?.message ?? "", /administrator command/);
  assert.equal(report.after, "0001");
  const done = { ...SLOW, "bronze/0002_b.sql": "create table bronze.b (i int);\n" };
  assert.equal((await applyPool(database, poolOf(done))).error, undefined);
});

async function sleeping(db: TestDatabase): Promise<void> {
  while ((await find(db, "query ~ '^select pg_sleep'")).length === 0);
}

async function kill(db: TestDatabase, where: string): Promise<void> {
  let rows = await find(db, where);
  while (rows.length === 0) rows = await find(db, where);
  await administer(`select pg_terminate_backend(${rows[0]?.["pid"]})`);
}

function find(db: TestDatabase, where: string): Promise<readonly Record<string, unknown>[]> {
  return administer(
    `select pid from pg_stat_activity where datname = '${db.name}' and application_name = 'hotpot-test' and ${where}`,
  );
}
