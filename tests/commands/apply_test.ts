import assert from "node:assert/strict";
import { join } from "node:path";
import { MigrateError } from "../../src/errors.ts";
import type { Pool } from "../../src/migrations/mod.ts";
import { atlas, folderOf } from "../harness/atlas.ts";
import { contentOf, revisionsOf } from "../harness/history.ts";
import { createDatabase, databaseAt, type TestDatabase } from "../harness/postgres.ts";
import { applyPool, poolOf, silent, testEngines } from "../harness/run.ts";
import { toolTest } from "../harness/tools.ts";

const BASE = {
  "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n",
  "silver/0002_b.sql": "create schema silver;\ncreate table silver.b (i int);\n",
  "bronze/0003_c.sql": "alter table bronze.a add column j int default 1;\n",
  "gold/0004_d.sql": "create schema gold; create view gold.d as select i, j from bronze.a;\n",
};

/** A history of files and what an operator does with them, one step after the other. */
interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
}

interface Step {
  readonly files: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly change?: Parameters<typeof applyPool>[2];
}

const NONE = "-- atlas:txmode none\n\n";

const SCENARIOS: readonly Scenario[] = [
  { name: "all at once", steps: [{ files: BASE }] },
  {
    name: "one at a time",
    steps: [1, 2, 3, 4].map(() => ({ files: BASE, args: ["1"], change: { amount: 1 } })),
  },
  { name: "nothing the second time", steps: [{ files: BASE }, { files: BASE }] },
  {
    name: "a failing file leaves nothing",
    steps: [{
      files: { ...BASE, "silver/0005_e.sql": "create table silver.e (i int);\nselect 1/0;\n" },
    }],
  },
  {
    name: "a file without statements",
    steps: [{
      files: { ...BASE, "silver/0005_e.sql": "-- nothing here\n", "gold/0006_f.sql": "" },
    }],
  },
  {
    name: "one transaction for all",
    steps: [
      { files: BASE, args: ["--tx-mode", "all"], change: { txMode: "all" } },
      {
        files: {
          ...BASE,
          "gold/0005_e.sql": "create table gold.e ();\n",
          "gold/0006_f.sql": "nonsense;\n",
        },
        args: ["--tx-mode", "all"],
        change: { txMode: "all" },
      },
    ],
  },
  {
    name: "no transactions",
    steps: [{ files: BASE, args: ["--tx-mode", "none"], change: { txMode: "none" } }],
  },
  {
    name: "a file outside a transaction fails, is repaired, and goes on",
    steps: [
      {
        files: {
          ...BASE,
          "silver/0005_e.sql":
            `${NONE}create table silver.e (i int);\ncreate index concurrently e1 on silver.e (i);\nselect\n 'é😀', nope;\nselect 3;\n`,
        },
      },
      {
        files: {
          ...BASE,
          "silver/0005_e.sql":
            `${NONE}create table silver.e (i int);\ncreate index concurrently e1 on silver.e (i);\nselect 'repaired';\nselect 3;\n`,
          "gold/0006_f.sql": "create table gold.f ();\n",
        },
      },
    ],
  },
  {
    name: "an error on the first line of a statement",
    steps: [{ files: { ...BASE, "silver/0005_e.sql": `${NONE}select nope from bronze.a;\n` } }],
  },
  {
    name: "what an own transaction undoes is not counted",
    steps: [{
      files: {
        ...BASE,
        "silver/0005_e.sql":
          `${NONE}create table silver.e (i int);\nbegin;\ninsert into silver.e values (1);\nselect 1/0;\ncommit;\n`,
      },
    }],
  },
  {
    name: "an executed statement of a half-done file was changed",
    steps: [
      {
        files: {
          ...BASE,
          "silver/0005_e.sql": `${NONE}create table silver.e (i int);\nselect 1/0;\n`,
        },
      },
      {
        files: {
          ...BASE,
          "silver/0005_e.sql": `${NONE}create table silver.other (i int);\nselect 1;\n`,
        },
      },
    ],
  },
  {
    name: "a checkpoint on an empty database",
    steps: [
      {
        files: {
          ...BASE,
          "silver/0005_check.sql":
            "-- atlas:checkpoint\n\ncreate schema bronze; create schema silver; create schema gold;\n",
          "gold/0006_f.sql": "create table gold.f ();\n",
        },
      },
    ],
  },
  {
    name: "a checkpoint on a database with history",
    steps: [
      { files: BASE },
      {
        files: {
          ...BASE,
          "silver/0005_check.sql": "-- atlas:checkpoint\n\ncreate schema nonsense;\n",
          "gold/0006_f.sql": "create table gold.f ();\n",
        },
      },
    ],
  },
  {
    name: "a baseline",
    steps: [{
      files: { ...BASE, "gold/0005_e.sql": "create table e ();\n" },
      args: ["--baseline", "0004"],
      change: { baseline: "0004" },
    }],
  },
  {
    name: "a file added below is skipped with linear-skip",
    steps: [
      {
        files: {
          "bronze/0001_a.sql": BASE["bronze/0001_a.sql"],
          "bronze/0003_c.sql": BASE["bronze/0003_c.sql"],
        },
      },
      {
        files: { ...BASE, "gold/0004_d.sql": "select 4;\n" },
        args: ["--exec-order", "linear-skip"],
        change: { execOrder: "linear-skip" },
      },
    ],
  },
  {
    name: "a file added below is applied with non-linear",
    steps: [
      {
        files: {
          "bronze/0001_a.sql": BASE["bronze/0001_a.sql"],
          "bronze/0003_c.sql": BASE["bronze/0003_c.sql"],
        },
      },
      { files: BASE, args: ["--exec-order", "non-linear"], change: { execOrder: "non-linear" } },
    ],
  },
  {
    name: "a file that cannot be split stops what comes after it",
    steps: [{
      files: { ...BASE, "silver/0005_e.sql": "select 'open;\n", "gold/0006_f.sql": "select 1;\n" },
    }],
  },
  {
    name: "a custom delimiter",
    steps: [{
      files: {
        ...BASE,
        "silver/0005_e.sql":
          "-- atlas:delimiter \\n\\n\ncreate table silver.e (i int); create table silver.f (i int);\n\n\ncreate table silver.g (i int)\n",
      },
    }],
  },
  {
    name: "a deferred constraint fails at the commit",
    steps: [{
      files: {
        ...BASE,
        "silver/0005_e.sql":
          "create table silver.p (i int primary key); create table silver.q (i int references silver.p deferrable initially deferred);\ninsert into silver.q values (1);\n",
      },
    }],
  },
];

for (const { name, steps } of SCENARIOS) {
  for (const use of testEngines) {
    toolTest(
      "atlas",
      `apply() through ${use} leaves what Atlas by hand leaves: ${name}`,
      async () => {
        await using ours = await createDatabase();
        await using theirs = await createDatabase();
        for (const step of steps) {
          const pool = poolOf(step.files);
          const report = await applyPool(ours.database, pool, { use, ...step.change }).catch(
            (error) => {
              if (!(error instanceof MigrateError)) throw error;
              return { error };
            },
          );
          const run = await byHand(theirs, pool, step.args ?? []);
          assert.equal(
            report.error !== undefined,
            run.code !== 0,
            `${report.error}\n${run.stdout}${run.stderr}`,
          );
          assert.deepEqual(await revisionsOf(ours), await revisionsOf(theirs));
          assert.deepEqual(await contentOf(ours), await contentOf(theirs));
        }
      },
    );
  }
}

toolTest("atlas", "apply() leaves nothing pending for Atlas, with either engine", async () => {
  for (const use of testEngines) {
    await using db = await createDatabase();
    const pool = poolOf(BASE);
    await applyPool(db.database, pool, { use });
    await using folder = await merged(pool);
    const run = await atlas(
      ["migrate", "status", "--format", "{{ json . }}", "--dir", `file://${folder.path}`],
      { database: db.database },
    );
    const status = JSON.parse(run.stdout);
    assert.equal(status.Status, "OK");
    assert.equal(status.Pending, undefined);
    assert.equal(status.Current, "0004");
  }
});

for (const use of testEngines) {
  Deno.test(`apply() through ${use} reports file, line and the server's words`, async () => {
    await using db = await createDatabase();
    const report = await applyPool(
      db.database,
      poolOf({
        ...BASE,
        "silver/0005_e.sql": "select 1;\nselect 'é😀',\n\tnope;\n",
        "gold/0006_f.sql": "select 1;\n",
      }),
      { use },
    );
    const { error } = report;
    assert.equal(error?.code, "migration_failed");
    assert.equal(error?.data["file"], "migrations/silver/0005_e.sql");
    assert.equal(error?.data["sqlstate"], "42703");
    // Atlas does not tell where in the statement, so its first line is shown.
    assert.equal(error?.data["line"], use === "embedded" ? 3 : 2);
    assert.match(error?.hint ?? "", /Check migrations\/silver\/ for conflicts/);
    assert.equal(report.applied.length, 4);
    assert.equal(report.failed?.version, "0005");
    assert.deepEqual(report.notStarted.map(({ version }) => version), ["0006"]);
  });

  Deno.test(`apply() through ${use} lets no setting reach the next file`, async () => {
    await using db = await createDatabase();
    const pool = poolOf({
      "bronze/0001_a.sql":
        "create schema bronze; set search_path = bronze; create temp table left_over (i int);\ngrant usage on schema atlas_schema_revisions to pg_monitor;\ngrant all on atlas_schema_revisions.atlas_schema_revisions to pg_monitor;\nset role pg_monitor;\nselect set_config('work_mem', '1MB', false);\n",
      "silver/0002_b.sql":
        "create table lands_in_public (i int);\ncreate table left_over (i int);\n",
      "gold/0003_c.sql":
        "do $$ begin if current_setting('work_mem') = '1MB' then raise 'leaked'; end if; end $$;\n",
    });
    const report = await applyPool(db.database, pool, { use });
    assert.equal(report.error, undefined, report.error?.message);
    const [row] = await db.sql("select to_regclass('public.lands_in_public')::text as t");
    assert.equal(row?.["t"], "lands_in_public");
  });

  Deno.test(`apply() through ${use} refuses a file that ends its transaction`, async () => {
    await using db = await createDatabase();
    const report = await applyPool(
      db.database,
      poolOf({
        ...BASE,
        "silver/0005_e.sql": "create table silver.e (i int);\ncommit;\nselect 1/0;\n",
      }),
      { use },
    );
    assert.equal(report.error?.code, "transaction_control");
    assert.equal(report.applied.length, 4);
    assert.equal((await revisionsOf(db)).length, 4);
    assert.ok(!(await contentOf(db)).some((what) => what.includes("silver.e")));
  });

  Deno.test(`apply() through ${use} corrects the total of a repaired file`, async () => {
    await using db = await createDatabase();
    const head = `${NONE}create table t (i int);\n`;
    await applyPool(db.database, poolOf({ "bronze/0001_a.sql": `${head}select 1/0;\n` }), { use });
    const pool = poolOf({ "bronze/0001_a.sql": `${head}select 1;\nselect 2;\n` });
    const report = await applyPool(db.database, pool, { use });
    assert.equal(report.error, undefined, report.error?.message);
    assert.deepEqual(report.applied.map(({ skipped, statements }) => [skipped, statements]), [[
      1,
      2,
    ]]);
    const [row] = await revisionsOf(db);
    assert.deepEqual([row?.["applied"], row?.["total"]], [3, 3]);
    assert.equal((await applyPool(db.database, pool, { use })).applied.length, 0);
  });

  Deno.test(`apply() through ${use} stops when it is told to, and the next run finishes`, async () => {
    await using db = await createDatabase();
    const files = {
      ...BASE,
      "silver/0005_e.sql":
        "create table silver.e (i int);\nselect pg_sleep(case when to_regclass('public.go') is null then 60 else 0 end);\n",
    };
    const stop = new AbortController();
    const running = applyPool(db.database, poolOf(files), { use, signal: stop.signal });
    while (
      (await db.sql(
        "select 1 from pg_stat_activity where datname = current_database() and query ~ '^select pg_sleep'",
      )).length === 0
    );
    stop.abort("SIGINT");
    const report = await running;
    assert.equal(report.error?.code, "interrupted", report.error?.message);
    assert.equal((await revisionsOf(db)).length, 4);
    await db.sql("create table public.go ()");
    const next = await applyPool(db.database, poolOf(files), { use });
    assert.deepEqual(next.applied.map(({ migration }) => migration.version), ["0005"]);
  });

  Deno.test(`apply() through ${use} uses the revisions table wherever it is`, async () => {
    await using db = await createDatabase();
    await applyPool(db.database, poolOf({ "bronze/0001_a.sql": "select 1;\n" }), {
      use,
      revisionsSchema: "elsewhere",
    });
    const report = await applyPool(
      db.database,
      poolOf({ "bronze/0001_a.sql": "select 1;\n", "bronze/0002_b.sql": "select 2;\n" }),
      { use },
    );
    assert.equal(report.revisionsSchema, "elsewhere");
    assert.deepEqual(report.applied.map(({ migration }) => migration.version), ["0002"]);
    assert.equal((await revisionsOf(db, "elsewhere")).length, 2);
  });
}

/** Every refusal before the work begins leaves the database as it was. */
const REFUSALS: readonly {
  readonly code: string;
  readonly prepare?: string;
  readonly first?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly change?: Parameters<typeof applyPool>[2];
}[] = [
  { code: "database_not_clean", prepare: "create table somebodys (i int)" },
  { code: "database_not_clean", prepare: "create schema empty" },
  { code: "baseline_not_found", change: { baseline: "0099" } },
  {
    code: "out_of_order",
    first: { "bronze/0003_c.sql": "select 3;\n" },
    files: { "bronze/0003_c.sql": "select 3;\n", "silver/0002_b.sql": "select 2;\n" },
  },
  {
    code: "migration_changed",
    first: { "bronze/0001_a.sql": "select 1;\n" },
    files: { "bronze/0001_a.sql": "select 2;\n" },
  },
  {
    code: "migration_changed",
    first: { "bronze/0001_a.sql": "select 1;\n", "bronze/0002_b.sql": "select 1;\n" },
    files: { "bronze/0002_b.sql": "select 1;\n", "bronze/0003_b.sql": "select 1;\n" },
  },
  {
    code: "missing_migration",
    first: { "bronze/0002_a.sql": `${NONE}select 1; select 1/0;\n` },
    files: { "bronze/0001_b.sql": "select 1;\n" },
    change: { allowChanged: true },
  },
  { code: "txmode_invalid", files: { "bronze/0001_a.sql": "-- atlas:txmode al\n\nselect 1;\n" } },
  {
    code: "txmode_invalid",
    files: { "bronze/0001_a.sql": `${NONE}select 1;\n` },
    change: { txMode: "all" },
  },
  {
    code: "ambiguous_revisions",
    prepare:
      "create schema a; create table a.atlas_schema_revisions (); create schema b; create table b.atlas_schema_revisions ()",
  },
];

for (const { change, code, files, first, prepare } of REFUSALS) {
  Deno.test(`apply() refuses with ${code} and changes nothing (${prepare ?? JSON.stringify(files ?? change)})`, async () => {
    await using db = await createDatabase();
    if (prepare !== undefined) await db.sql(prepare);
    if (first !== undefined) await applyPool(db.database, poolOf(first));
    const before = [await revisionsOf(db).catch(() => []), await contentOf(db)];
    for (const use of testEngines) {
      await assert.rejects(
        applyPool(db.database, poolOf(files ?? BASE), { use, ...change }),
        (error) => {
          assert.ok(error instanceof MigrateError, String(error));
          assert.equal(error.code, code, error.message);
          assert.ok(error.hint);
          return true;
        },
      );
      assert.deepEqual([await revisionsOf(db).catch(() => []), await contentOf(db)], before);
    }
  });
}

/** A transaction that stays open: between statements, and within one. */
const OPEN = [
  `${NONE}begin;\ncreate table public.x ();\n`,
  "-- atlas:delimiter \\n\\n\n-- atlas:txmode none\n\nbegin;\ncreate table public.x ();\n\n",
];

for (const [index, text] of OPEN.entries()) {
  for (const use of testEngines) {
    Deno.test(`apply() through ${use} never takes a file for applied that leaves its transaction open (${index})`, async () => {
      await using db = await createDatabase();
      const files = { "bronze/0001_a.sql": "select 1;\n", "bronze/0002_b.sql": text };
      const report = await applyPool(db.database, poolOf(files), { use });
      assert.equal(report.error?.code, "transaction_open");
      assert.ok(report.error?.hint);
      assert.deepEqual(report.applied.map(({ migration }) => migration.version), ["0001"]);
      assert.equal(report.failed?.version, "0002");
      assert.deepEqual((await contentOf(db)).filter((what) => / x$/.test(what)), []);
      assert.deepEqual(
        (await revisionsOf(db)).filter(({ applied, total }) => applied === total).length,
        1,
      );
    });
  }
}

toolTest("atlas", "apply() refuses through atlas what Atlas would never look at", async () => {
  await using db = await createDatabase();
  const first = { "bronze/0003_c.sql": "select 3;\n" };
  await applyPool(db.database, poolOf(first));
  const pool = poolOf({ ...first, "silver/0002_b.sql": "create table b (i int);\n" });
  const refused = await applyPool(db.database, pool, { use: "atlas", execOrder: "non-linear" });
  assert.equal(refused.error?.code, "not_supported");
  assert.equal((await revisionsOf(db)).length, 1);
  const done = await applyPool(db.database, pool, { execOrder: "non-linear" });
  assert.deepEqual(done.applied.map(({ migration }) => migration.version), ["0002"]);
});

toolTest(
  "atlas",
  "apply() reads Atlas' report although it holds the password as a word",
  async () => {
    await using db = await createDatabase();
    const redact = (text: string) => text.replaceAll("Applied", "****");
    const pool = poolOf({ ...BASE, "gold/0005_e.sql": "select 'Applied'::int;\n" });
    const report = await applyPool(db.database, pool, { use: "atlas", redact });
    assert.equal(report.applied.length, 4);
    assert.match(report.error?.message ?? "", /invalid input syntax for type integer: "\*\*\*\*"/);
  },
);

Deno.test("apply() waits for another run, then says who holds the lock", async () => {
  await using db = await createDatabase();
  await db.sql("select pg_advisory_lock(2686470616)");
  const told: string[] = [];
  const events = {
    ...silent,
    onWait: (who: string) => told.push(who),
  };
  await assert.rejects(
    applyPool(db.database, poolOf(BASE), { lockTimeoutMs: 200, events }),
    (error) =>
      error instanceof MigrateError && error.code === "lock_timeout" &&
      /pid \d+, "postgres.js"/.test(error.details[0] ?? ""),
  );
  assert.equal(told.length, 1);
  await db.sql("select pg_advisory_unlock(2686470616)");
  assert.equal((await applyPool(db.database, poolOf(BASE))).applied.length, 4);
});

Deno.test("apply() applies each file once when ten run at the same time", async () => {
  await using db = await createDatabase();
  const runs = await Promise.all(
    Array.from(
      { length: 10 },
      () => applyPool(db.database, poolOf(BASE), { lockTimeoutMs: 60_000 }),
    ),
  );
  assert.deepEqual(runs.map(({ error }) => error), runs.map(() => undefined));
  assert.equal(runs.flatMap(({ applied }) => applied).length, 4);
});

Deno.test("apply() tells the truth when its connection is lost in a commit", async () => {
  await using db = await createDatabase();
  const files = {
    ...BASE,
    "silver/0005_e.sql": "create table silver.e (i int);\nselect pg_sleep(60);\n",
  };
  const running = applyPool(db.database, poolOf(files));
  const find =
    "select pid from pg_stat_activity where datname = current_database() and query ~ '^select pg_sleep'";
  let rows = await db.sql(find);
  while (rows.length === 0) rows = await db.sql(find);
  await db.sql(`select pg_terminate_backend(${rows[0]?.["pid"]})`);
  const report = await running;
  assert.equal(report.error?.code, "connection_lost");
  assert.equal(report.after, "0004");
  assert.deepEqual(report.applied.map(({ migration }) => migration.version), [
    "0001",
    "0002",
    "0003",
    "0004",
  ]);
  assert.equal(report.failed?.version, "0005");
});

Deno.test("apply() notices a migration that gives its lock away", async () => {
  await using db = await createDatabase();
  const report = await applyPool(
    db.database,
    poolOf({
      "bronze/0001_a.sql": "select pg_advisory_unlock_all();\n",
      "bronze/0002_b.sql": "select 1;\n",
    }),
  );
  assert.equal(report.error?.code, "lock_lost");
  assert.deepEqual(report.applied.map(({ migration }) => migration.version), ["0001"]);
});

Deno.test("apply() refuses a database that takes no changes", async () => {
  await using db = await createDatabase();
  await db.sql(`alter database ${db.name} set default_transaction_read_only = on`);
  await assert.rejects(applyPool(db.database, poolOf(BASE)), { code: "read_only_database" });
});

Deno.test("apply() says which right is missing", async () => {
  await using db = await createDatabase();
  const user = `weak_${db.name}`;
  // Before version 15 everybody may create in it.
  await db.sql(`create role ${user} login; revoke create on schema public from public`);
  try {
    const database = databaseAt(db.name, { user });
    const report = await applyPool(database, poolOf(BASE));
    assert.equal(report.error?.code, "permission_denied");
    await db.sql(`grant create on database ${db.name} to ${user}`);
    const next = await applyPool(
      database,
      poolOf({ "bronze/0001_a.sql": "create table public.t (i int);\n" }),
    );
    assert.equal(next.error?.code, "migration_failed");
    assert.equal(next.error?.data["sqlstate"], "42501");
  } finally {
    await db.sql(`drop owned by ${user}; drop role ${user}`);
  }
});

function merged(pool: Pool) {
  return folderOf({
    ...Object.fromEntries(pool.migrations.map(({ file, text }) => [file, text])),
    "atlas.sum": pool.sum,
  });
}

async function byHand(db: TestDatabase, pool: Pool, args: readonly string[]) {
  await using folder = await merged(pool);
  return await atlas(["migrate", "apply", ...args, "--dir", `file://${join(folder.path)}`], {
    database: db.database,
  });
}

for (const use of testEngines) {
  Deno.test(`${use}: apply() begins no file once it is told that it is enough`, async () => {
    await using db = await createDatabase();
    const pool = poolOf({ "bronze/0001_a.sql": "create schema bronze;\n" });
    const report = await applyPool(db.database, pool, { use, enough: AbortSignal.abort() });
    assert.equal(report.error?.code, "halted");
    assert.equal(report.failed, undefined);
    assert.deepEqual(report.notStarted.map(({ version }) => version), ["0001"]);
    assert.ok(!(await contentOf(db)).includes("schema bronze"));
  });
}
