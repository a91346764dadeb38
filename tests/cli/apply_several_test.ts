import assert from "node:assert/strict";
import { join } from "node:path";
import { configFile } from "../harness/config.ts";
import { revisionsOf } from "../harness/history.ts";
import { databaseAt, type TestDatabase } from "../harness/postgres.ts";
import { migrate } from "../harness/program.ts";
import { migrationsFolder, testEngines } from "../harness/run.ts";
import { createSeveral, listing } from "../harness/several.ts";
import { checkJunit } from "../harness/xml.ts";
import { atlasPath } from "../harness/tools.ts";

const FILES = {
  "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n",
  "silver/0002_b.sql": "create schema silver;\n",
  "gold/0003_c.sql": "create schema gold;\n",
};

/** Fails in every database in which somebody has made this function. */
const TRAP = {
  ...FILES,
  "silver/0002_b.sql":
    "create schema silver;\ndo $$ begin if to_regproc('public.trap') is not null then raise 'trapped'; end if; end $$;\n",
};

interface Entry {
  readonly name: string;
  readonly status: string;
  readonly applied?: readonly { readonly version: string }[];
  readonly notStarted?: readonly { readonly version: string }[];
  readonly error: { readonly code: string } | null;
}

function entriesOf(out: string): readonly Entry[] {
  return JSON.parse(out).databases;
}

async function versions(db: TestDatabase | undefined): Promise<readonly unknown[]> {
  return db === undefined ? [] : (await revisionsOf(db)).map(({ version }) => version);
}

async function trap(db: TestDatabase | undefined): Promise<void> {
  await db?.sql("create function public.trap() returns int language sql as 'select 1'");
}

for (const engine of testEngines) {
  const env = { PATH: atlasPath() };

  Deno.test(`${engine}: several databases are migrated, a line for each, and the second run has nothing to do`, async () => {
    await using several = await createSeveral(3);
    await using folder = await migrationsFolder(FILES);
    const args = ["--config", several.config, "--migrations", folder.path, "--engine", engine];
    const run = await migrate(args, env);
    assert.equal(run.code, 0, run.err);
    const lines = run.out.trimEnd().split("\n");
    assert.equal(lines.length, 4);
    several.names.forEach((name, i) => {
      assert.match(lines[i] ?? "", new RegExp(`^✔ ${name}  3 applied: 0001–0003  [\\d.]+ m?s$`));
    });
    assert.match(lines[3] ?? "", /^3 of 3 databases done \(9 migrations applied\), in /);
    for (const db of several.databases) {
      assert.deepEqual(await versions(db), ["0001", "0002", "0003"]);
    }
    const again = await migrate([...args, "--json", "--jobs", "3"], env);
    assert.equal(again.code, 0, again.err);
    assert.equal(JSON.parse(again.out).status, "nothing_pending");
    assert.deepEqual(entriesOf(again.out).map(({ name }) => name), several.names);
  });

  Deno.test(`${engine}: one that fails in the middle stops no other`, async () => {
    await using several = await createSeveral(3);
    await trap(several.databases[1]);
    await using folder = await migrationsFolder(TRAP);
    const args = [
      ...["--config", several.config, "--migrations", folder.path, "--engine", engine],
      "--allow-dirty",
    ];
    const junit = join(several.folder, "junit.xml");
    const quality = join(several.folder, "quality.json");
    const run = await migrate([...args, "--junit", junit, "--code-quality", quality], env);
    assert.equal(run.code, 1);
    assert.match(run.out, /^✖ t_\w+ {2}1 applied; Cannot apply 0002_b \(silver\): trapped$/m);
    assert.match(run.out, /^2 of 3 databases done \(7 migrations applied\), 1 failed, in /m);
    assert.match(
      run.err,
      new RegExp(
        `^${
          several.names[1]
        }\nerror\\[migration_failed\\]: Cannot apply 0002_b \\(silver\\): trapped$`,
        "m",
      ),
    );
    assert.match(run.err, /^ {2}Applied 0001 of 3; 0002 \(silver\) failed; 0003 not started$/m);
    assert.match(run.err, /^error\[databases_failed\]: 1 of 3 databases failed$/m);
    assert.deepEqual(await versions(several.databases[2]), ["0001", "0002", "0003"]);
    const xml = await Deno.readTextFile(junit);
    await checkJunit(xml);
    assert.match(xml, /^<testsuites name="migrate" tests="9" failures="1" errors="0"/m);
    assert.equal(JSON.parse(await Deno.readTextFile(quality)).length, 1);
    const document = await migrate([...args, "--json"], env);
    assert.equal(JSON.parse(document.out).error.code, "databases_failed");
    assert.deepEqual(entriesOf(document.out).map(({ status }) => status), [
      "nothing_pending",
      "failed",
      "nothing_pending",
    ]);
  });
}

Deno.test("--fail-fast: those not begun are skipped, and one at work stops between files", async () => {
  await using several = await createSeveral(4);
  const [slow, bad] = several.databases;
  await trap(bad);
  // Both wait in their first file: the second is to fail while the first is at work.
  for (const db of [slow, bad]) {
    assert.equal((await db?.sql("select pg_advisory_lock(4711)"))?.length, 1);
  }
  const files = {
    ...TRAP,
    "bronze/0001_a.sql":
      `-- atlas:txmode none\n\ncreate schema bronze;\nselect case when current_database() in ('${slow?.name}', '${bad?.name}') then pg_advisory_lock(4711) end;\n`,
  };
  await using folder = await migrationsFolder(files);
  const args = [
    ...["--config", several.config, "--migrations", folder.path, "--engine", "embedded"],
    ...["--allow-dirty", "--fail-fast", "--jobs", "2", "--json", "--statement-lock-timeout", "0"],
  ];
  const running = migrate(args);
  for (const db of [slow, bad]) {
    await until(
      db,
      `select 1 from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`,
    );
  }
  await bad?.sql("select pg_advisory_unlock(4711)");
  await until(bad, "select 1 from atlas_schema_revisions.atlas_schema_revisions");
  await until(
    bad,
    "select 1 where not exists (select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid())",
  );
  await slow?.sql("select pg_advisory_unlock(4711)");
  const run = await running;
  assert.equal(run.code, 1);
  const entries = entriesOf(run.out);
  assert.deepEqual(entries.map(({ error, status }) => `${status} ${error?.code}`), [
    "failed halted",
    "failed migration_failed",
    "skipped undefined",
    "skipped undefined",
  ]);
  assert.deepEqual(entries[0]?.notStarted?.map(({ version }) => version), ["0002", "0003"]);
  assert.deepEqual(await versions(slow), ["0001"]);
  assert.deepEqual(await versions(several.databases[2]), []);
  // The next run goes on where this one stopped.
  await bad?.sql("drop function public.trap()");
  const next = await migrate(args);
  assert.equal(next.code, 0, next.err);
});

async function until(db: TestDatabase | undefined, sql: string): Promise<void> {
  for (;;) {
    try {
      if (((await db?.sql(sql)) ?? []).length > 0) return;
    } catch {
      // The table is not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("a lock that is held on one database lets the others be, and is told with its name", async () => {
  await using several = await createSeveral(2);
  const [held] = several.databases;
  await held?.sql("select pg_advisory_lock(2686470616)");
  await using folder = await migrationsFolder(FILES);
  const run = await migrate([
    ...["--config", several.config, "--migrations", folder.path, "--engine", "embedded"],
    ...["--lock-timeout", "300ms", "--jobs", "2"],
  ]);
  assert.equal(run.code, 1);
  assert.match(
    run.err,
    new RegExp(`^${held?.name}: Waiting for another run: the lock is held`, "m"),
  );
  assert.match(run.err, /error\[lock_timeout\]/);
  assert.deepEqual(await versions(several.databases[1]), ["0001", "0002", "0003"]);
});

for (const engine of testEngines) {
  Deno.test(`${engine}: Ctrl-C stops those at work, begins no other, and ends with 130`, async () => {
    await using several = await createSeveral(4);
    const files = {
      ...FILES,
      "silver/0002_b.sql": "create schema silver;\nselect pg_sleep(120);\n",
    };
    await using folder = await migrationsFolder(files);
    const stop = new AbortController();
    const running = migrate(
      [
        ...["--config", several.config, "--migrations", folder.path, "--engine", engine],
        ...["--jobs", "2", "--json"],
      ],
      { PATH: atlasPath() },
      stop.signal,
    );
    for (const db of several.databases.slice(0, 2)) {
      await until(
        db,
        "select 1 from pg_stat_activity where datname = current_database() and query ~ '^select pg_sleep'",
      );
    }
    stop.abort("SIGINT");
    const run = await running;
    assert.equal(run.code, 130, run.err);
    assert.equal(JSON.parse(run.out).error.code, "interrupted");
    assert.deepEqual(entriesOf(run.out).map(({ status }) => status), [
      "failed",
      "failed",
      "skipped",
      "skipped",
    ]);
    for (const db of several.databases.slice(0, 2)) {
      const schemas = await db.sql("select 1 from pg_namespace where nspname = 'silver'");
      assert.equal(schemas.length, 0);
    }
  });
}

Deno.test("--database picks databases, and a call that names one twice or none is refused", async () => {
  await using several = await createSeveral(3);
  const [first = "", second = ""] = several.names;
  await using folder = await migrationsFolder(FILES);
  const args = ["--config", several.config, "--migrations", folder.path, "--engine", "embedded"];
  const one = await migrate([...args, "--database", second]);
  assert.equal(one.code, 0, one.err);
  assert.match(one.out, /^Applied 3 migrations in /m);
  const two = await migrate([...args, "--database", first, `--database=${second}`, "-v"]);
  assert.equal(two.code, 0, two.err);
  assert.match(two.out, /^2 of 2 databases done \(3 migrations applied\)/m);
  assert.match(two.err, new RegExp(`^${first}: Applied 0002_b \\(silver\\) in `, "m"));
  assert.deepEqual(await versions(several.databases[2]), []);
  for (
    const wrong of [
      ["--database", first, "--database", first],
      ["--database", ""],
      ["--jobs", "0"],
      ["--jobs", "many"],
    ]
  ) {
    assert.equal((await migrate([...args, ...wrong])).code, 2, wrong.join(" "));
  }
  const quiet = await migrate([...args, "--quiet"]);
  assert.equal(quiet.code, 0);
  assert.equal(quiet.out + quiet.err, "");
});

Deno.test("an error that many have is shown once, with the databases that have it", async () => {
  const names = Array.from({ length: 12 }, (_, i) => `none_${i}`);
  await using config = await configFile(listing({ ...databaseAt("none_0"), port: 1 }, names));
  const down = await migrate(["--config", config.path, "--engine", "embedded", "--jobs", "12"]);
  assert.equal(down.code, 1);
  assert.equal(down.err.match(/error\[connection_refused\]/g)?.length, 1);
  assert.match(down.err, /^none_0, none_1, none_2, .* and 2 more$/m);
  assert.equal(down.out.match(/^✖ none_\d+ /gm)?.length, 12);
});
