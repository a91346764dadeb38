import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { configFile } from "../../harness/config.ts";
import { createDatabase, databaseAt, type TestDatabase } from "../../harness/postgres.ts";
import { migrate, type ProgramRun } from "../../harness/program.ts";
import { applyPool, migrationsFolder, poolOf, testEngines } from "../../harness/run.ts";
import { createSeveral } from "../../harness/several.ts";
import { tools } from "../../harness/tools.ts";
import { checkJunit } from "../../harness/xml.ts";

const FILES = {
  "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n",
  "silver/0002_b.sql": "create schema silver;\n",
  "gold/0003_c.sql": "-- why\nselect 1;\n\nselect 'ab:c' from\n  bronze.nothing;\n",
  "gold/0004_d.sql": "create schema gold;\n",
};
const GOOD = { ...FILES, "gold/0003_c.sql": "select 1;\n" };

interface CiRun extends ProgramRun {
  readonly junit: string;
  readonly quality: readonly Record<string, unknown>[];
  readonly summary: string;
}

/** Runs `migrate` as a job of GitHub does, with all reports, from a repository of its own. */
async function inJob(
  db: Pick<TestDatabase, "database">,
  options: {
    readonly args?: readonly string[];
    readonly files?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
  } = {},
): Promise<CiRun> {
  const { args = [], files = FILES } = options;
  await using config = await configFile(db.database);
  await using folder = await migrationsFolder(files);
  await Deno.mkdir(join(folder.path, ".git"));
  const path = (name: string) => join(config.folder, name);
  await Deno.writeTextFile(path("summary.md"), "before\n");
  const run = await migrate(
    [
      ...args,
      ...["--config", config.path, "--migrations", folder.path],
      ...["--code-quality", path("quality.json")],
      ...(args.includes("plan") || args.includes("--dry-run")
        ? []
        : ["--junit", path("junit.xml")]),
    ],
    {
      GITHUB_ACTIONS: "true",
      GITHUB_STEP_SUMMARY: path("summary.md"),
      PATH: dirname(tools.atlas ?? ""),
    },
    options.signal,
  );
  const read = (name: string) => Deno.readTextFile(path(name)).catch(() => "");
  return {
    ...run,
    junit: await read("junit.xml"),
    quality: JSON.parse(await read("quality.json")),
    summary: await read("summary.md"),
  };
}

for (const engine of testEngines) {
  const args = ["--engine", engine];

  Deno.test(`${engine}: a failure is an annotation, a summary, a JUnit failure and a violation`, async () => {
    await using db = await createDatabase();
    const run = await inJob(db, { args });
    assert.equal(run.code, 1);
    assert.match(
      run.err,
      new RegExp(
        `^::error file=gold/0003_c.sql,line=${
          engine === "atlas" ? 4 : 5
        },col=\\d+,title=migration_failed \\(${db.name}\\)::Cannot apply 0003_c \\(gold\\): relation "bronze.nothing" does not exist%0A`,
        "m",
      ),
    );
    await checkJunit(run.junit);
    assert.match(
      run.junit,
      /<testsuite name="t_\w+" tests="4" failures="1" errors="0" skipped="1"/,
    );
    assert.match(
      run.junit,
      /<testcase name="0001_a \(bronze\)" classname="bronze" file="bronze\/0001_a.sql"/,
    );
    assert.match(run.junit, /select 'ab:c' from\n {2}bronze.nothing;<\/failure>/);
    assert.match(
      run.summary,
      /^before\n### ❌ migrate `t_\w+`: 2 applied, `0003_c \(gold\)` failed, 1 not started$/m,
    );
    assert.match(run.summary, /^\| bronze \| `0001_a` \| 2 \| /m);
    assert.match(run.summary, /```sql\nselect 'ab:c' from/);
    const [violation, ...more] = run.quality;
    assert.equal(more.length, 0);
    assert.deepEqual({ ...violation, fingerprint: "" }, {
      description: 'Cannot apply 0003_c (gold): relation "bronze.nothing" does not exist',
      check_name: "migration_failed",
      fingerprint: "",
      severity: "blocker",
      location: { path: "gold/0003_c.sql", lines: { begin: engine === "atlas" ? 4 : 5 } },
    });
    assert.match(String(violation?.["fingerprint"]), /^[0-9a-f]{64}$/);
    // The same fault of another run is the same one.
    const again = await inJob(db, { args });
    assert.deepEqual(again.quality, run.quality);
    const done = await inJob(db, { args, files: GOOD });
    assert.equal(done.code, 0, done.err);
    assert.deepEqual(done.quality, []);
    assert.doesNotMatch(done.err, /^::/m);
    await checkJunit(done.junit);
    assert.match(done.summary, /^### ✅ migrate `t_\w+`: 2 applied in /m);
    const nothing = await inJob(db, { args, files: GOOD });
    await checkJunit(nothing.junit);
    assert.match(nothing.junit, /tests="0" failures="0" errors="0" skipped="0"/);
    assert.match(nothing.summary, /^### ✅ migrate `t_\w+`: nothing to do$/m);
  });
}

Deno.test("reports tell of a run that never began", async () => {
  const run = await inJob({ database: databaseAt("no_such_database") });
  assert.equal(run.code, 1);
  assert.match(run.err, /^::error title=database_missing.*::Cannot connect/m);
  await checkJunit(run.junit);
  assert.match(run.junit, /<error type="database_missing"/);
  assert.match(run.summary, /^### ❌ migrate.*: failed \(database_missing\)$/m);
  assert.deepEqual(run.quality, []);
});

Deno.test("reports tell of a run that was stopped", async () => {
  await using db = await createDatabase();
  const stop = new AbortController();
  const running = inJob(db, {
    signal: stop.signal,
    files: { ...FILES, "gold/0003_c.sql": "select pg_sleep(60);\n" },
  });
  while (
    (await db.sql("select 1 from pg_stat_activity where query ~ '^select pg_sleep'")).length === 0
  );
  stop.abort("SIGINT");
  const run = await running;
  assert.equal(run.code, 130);
  await checkJunit(run.junit);
  assert.match(run.junit, /<error type="interrupted"/);
  assert.match(run.summary, /`0003_c \(gold\)` failed, 1 not started/);
});

Deno.test("a report that cannot be written is told before anything is applied", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  for (const flag of ["--junit", "--code-quality"]) {
    const path = join(config.folder, "no", "report");
    const run = await migrate(["--config", config.path, flag, path]);
    assert.equal(run.code, 2);
    assert.match(
      run.err,
      /^error\[report_unwritable\]: Cannot write ".*": there is no such folder$/m,
    );
  }
  const one = join(config.folder, "one");
  const both = await migrate(["--config", config.path, "--junit", one, "--code-quality", one]);
  assert.equal(both.code, 2);
  assert.equal((await db.sql("select 1 from pg_namespace where nspname ~ 'atlas'")).length, 0);
});

Deno.test("a step summary that cannot be written is a warning, and the run goes on", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  await using folder = await migrationsFolder(GOOD);
  const run = await migrate(["--config", config.path, "--migrations", folder.path], {
    GITHUB_STEP_SUMMARY: join(config.folder, "no", "summary.md"),
  });
  assert.equal(run.code, 0, run.err);
  assert.match(run.err, /^warning: /m);
});

Deno.test("with --json standard output holds the document alone, under CI too", async () => {
  await using db = await createDatabase();
  const run = await inJob(db, { args: ["--json"] });
  assert.equal(JSON.parse(run.out).error.code, "migration_failed");
  assert.match(run.err, /^::error file=/m);
});

Deno.test("no report holds the password of the database", async () => {
  await using db = await createDatabase();
  const password = "s3cr3t-p4ss";
  const role = `r_${db.name}`;
  await db.sql(
    `create role ${role} login password '${password}'; grant create on database ${db.name} to ${role}`,
  );
  try {
    const files = {
      "bronze/0001_a.sql": `do $$ begin raise exception 'it is ${password}'; end $$;\n`,
    };
    const run = await inJob({ database: { ...db.database, user: role, password } }, { files });
    assert.equal(run.code, 1);
    const annotation = run.err.slice(run.err.indexOf("::error"));
    const texts = [annotation, run.junit, run.summary, JSON.stringify(run.quality)];
    for (const text of texts) {
      assert.match(text, /it is \*\*\*\*/);
      assert.ok(!text.includes(password), text);
    }
  } finally {
    await db.sql(`drop owned by ${role}; drop role ${role}`);
  }
});

Deno.test("plan tells of what would block others: warnings, and violations with their lines", async () => {
  await using db = await createDatabase();
  await inJob(db, { files: { "bronze/0001_a.sql": FILES["bronze/0001_a.sql"] } });
  const files = {
    "bronze/0001_a.sql": FILES["bronze/0001_a.sql"],
    "silver/0002_b.sql":
      "-- two\n\ncreate index i on bronze.a (i);\nalter table bronze.a alter i type bigint;\ndo $$ begin end $$;\n",
  };
  for (const command of ["plan", "--dry-run"]) {
    const run = await inJob(db, { args: [command], files });
    assert.equal(run.code, 0, run.err);
    assert.match(
      run.err,
      /^::warning file=silver\/0002_b.sql,line=3,title=create_index::CREATE INDEX/m,
    );
    assert.match(run.err, /^::warning file=silver\/0002_b.sql,line=4,title=alter_type::/m);
    assert.deepEqual(
      run.quality.map(({ check_name, location, severity }) => [check_name, severity, location]),
      [
        ["create_index", "minor", { path: "silver/0002_b.sql", lines: { begin: 3 } }],
        ["alter_type", "major", { path: "silver/0002_b.sql", lines: { begin: 4 } }],
        ["unknown", "info", { path: "silver/0002_b.sql", lines: { begin: 5 } }],
      ],
    );
    assert.equal(new Set(run.quality.map(({ fingerprint }) => fingerprint)).size, 3);
    assert.equal(run.summary, "before\n");
  }
  const refused = await migrate(["--dry-run", "--junit", "x.xml"]);
  assert.equal(refused.code, 2);
  assert.match(refused.err, /error\[usage\].*JUnit/);
});

Deno.test("a file that has changed since is a fault at that file, in each report", async () => {
  await using db = await createDatabase();
  await inJob(db, { files: GOOD });
  const run = await inJob(db, {
    files: { ...GOOD, "bronze/0001_a.sql": "create schema bronze;\n" },
  });
  assert.equal(run.code, 1);
  assert.match(run.err, /^::error file=bronze\/0001_a.sql,line=1,title=migration_changed/m);
  assert.deepEqual(run.quality.map(({ location }) => location), [
    { path: "bronze/0001_a.sql", lines: { begin: 1 } },
  ]);
  await checkJunit(run.junit);
  assert.match(run.junit, /<error type="migration_changed"/);
});

Deno.test("plan over several databases tells each finding once, and each database that it cannot read", async () => {
  await using several = await createSeveral(2, { more: ["no_such_database"] });
  const before = { "bronze/0001_a.sql": FILES["bronze/0001_a.sql"] };
  await using folder = await migrationsFolder({
    ...before,
    "silver/0002_b.sql": "create index i on bronze.a (i);\n",
  });
  for (const db of several.databases) await applyPool(db.database, poolOf(before));
  const quality = join(several.folder, "quality.json");
  const run = await migrate([
    ...["plan", "--config", several.config, "--migrations", folder.path],
    ...["--code-quality", quality],
  ], { GITHUB_ACTIONS: "true" });
  assert.equal(run.code, 1);
  assert.equal(run.err.match(/^::warning /gm)?.length, 1);
  assert.match(run.err, /^::error title=database_missing \(no_such_database\)::/m);
  const found: readonly Record<string, unknown>[] = JSON.parse(await Deno.readTextFile(quality));
  assert.deepEqual(found.map(({ check_name }) => check_name), ["create_index"]);
});
