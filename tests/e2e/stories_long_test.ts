import assert from "node:assert/strict";
import { programNamed } from "../../scripts/compile/programs.ts";
import { STORIES, type Story } from "../../src/topics/mod.ts";
import { compileForTests } from "../harness/compiled.ts";
import { contentOf } from "../harness/history.ts";
import { UNIX } from "../harness/machine.ts";
import { type Operator, operatorOf } from "../harness/operator.ts";
import { administer, createDatabase, type TestDatabase } from "../harness/postgres.ts";
import { applyPool, poolOf, type TestEngine, testEngines } from "../harness/run.ts";
import { toolTest } from "../harness/tools.ts";

/** What the database of every story has, or is to have. */
const BEFORE = {
  "bronze/0001_host.sql":
    "create schema bronze;\ncreate table bronze.host (id int primary key, name text);\n",
  "bronzehistory/0002_host.sql":
    "create schema bronzehistory;\ncreate table bronzehistory.host (id int, seen timestamptz);\n",
  "silver/0003_host.sql": "create schema silver;\ncreate table silver.host (id int);\n",
  "gold/0004_host.sql": "create schema gold;\ncreate table gold.host (id int);\n",
  "bronze/0005_site.sql": "alter table bronze.host add column site text;\n",
  "silver/0006_site.sql": "create table silver.site (id int primary key);\n",
};
const LAST = { "gold/0008_site.sql": "create table gold.site (id int primary key);\n" };
const OWNER = { "bronze/0007_owner.sql": "alter table bronze.host add column owner text;\n" };
const ALL = { ...BEFORE, ...OWNER, ...LAST };

type Files = Readonly<Record<string, string>>;

let program: Promise<string> | undefined;

/** Registers a story, to be walked through with each engine, in a database that has some files. */
function walk(
  story: Story,
  { files, has }: { readonly has: Files; readonly files: Files },
  act: (operator: Operator, db: TestDatabase, engine: TestEngine) => Promise<void>,
  name = story.title,
): void {
  for (const engine of testEngines) {
    toolTest([...UNIX.needed, "script"], `${name} (${engine})`, async () => {
      const { runtime, target } = UNIX;
      program ??= compileForTests(programNamed("migrate"), { target, runtime });
      await using db = await createDatabase();
      if (Object.keys(has).length > 0) await applyPool(db.database, poolOf(has));
      await act(
        await operatorOf(story, { program: await program, dbname: db.name, files, engine }),
        db,
        engine,
      );
    });
  }
}

walk(STORIES.first, { has: {}, files: ALL }, async (operator) => {
  await operator.type("migrate wait --timeout 60s");
  const plan = await operator.type("migrate plan");
  assert.match(plan.out, /^0008 gold/m);
  const done = await operator.type("migrate");
  assert.match(done.out, /^Applied 8 migrations/m);
  await operator.type("migrate status --exit-code");
  operator.finish();
});

const UNIQUE = { "bronze/0007_name.sql": "create unique index host_name on bronze.host (name);\n" };

walk(
  STORIES.failed,
  { has: BEFORE, files: { ...BEFORE, ...UNIQUE, ...LAST } },
  async (operator, db) => {
    await db.sql("insert into bronze.host values (1, 'a'), (2, 'a')");
    const before = await contentOf(db);
    const failed = await operator.type("migrate", 1);
    assert.match(failed.err, /^error\[migration_failed\]: .*0007_name.*host_name/m);
    assert.match(failed.err, /0007_name\.sql:1:1$/m);
    assert.match(failed.err, /Applied none of 2; 0007 \(bronze\) failed; 0008 not started$/m);
    assert.match(failed.err, /^hint: .*then run the same command again$/m);
    const status = await operator.type("migrate status");
    assert.match(status.out, /^· 0007_name \(bronze\): pending$/m);
    assert.match(
      status.out,
      /^next: migrate plan +# what will be done\nnext: migrate +# do it$/m,
    );
    assert.deepEqual(await contentOf(db), before);
    await db.sql("update bronze.host set name = 'b' where id = 2");
    assert.match((await operator.type("migrate")).out, /^Applied 2 migrations/m);
    operator.finish();
  },
);

walk(
  STORIES.failed,
  {
    has: BEFORE,
    files: { ...BEFORE, "bronze/0007_owner.sql": "alter table bronze.hots add x int;\n" },
  },
  async (operator) => {
    assert.match((await operator.type("migrate", 1)).err, /relation "bronze\.hots" does not exist/);
    await operator.take(ALL);
    assert.match((await operator.type("migrate")).out, /^Applied 2 migrations/m);
  },
  "A migration failed, and the next program has it repaired",
);

const OPEN = (second: string) => ({
  ...BEFORE,
  "silver/0007_owner.sql":
    `-- atlas:txmode none\n\ncreate table silver.owner (id int);\n${second};\ncreate table silver.last (id int);\n`,
  ...LAST,
});
const BROKEN = OPEN("create index concurrently owner_id on silver.owner (di)");
const REPAIRED = OPEN("create index concurrently owner_id on silver.owner (id)");

/** What a run in one go would have led to. */
async function wanted(files: Files): Promise<readonly string[]> {
  await using db = await createDatabase();
  const report = await applyPool(db.database, poolOf(files));
  assert.equal(report.error, undefined);
  return await contentOf(db);
}

walk(
  STORIES.halfDone,
  { has: BEFORE, files: BROKEN },
  async (operator, db) => {
    assert.match((await operator.type("migrate", 1)).err, /column "di" does not exist/);
    await operator.take(REPAIRED);
    const done = await operator.type("migrate");
    assert.match(done.out, /0007_owner .*went on after statement 1/);
    assert.deepEqual(await contentOf(db), await wanted(REPAIRED));
  },
  "A file outside a transaction failed half-way, and the next program has it repaired",
);

walk(STORIES.halfDone, { has: BEFORE, files: BROKEN }, async (operator, db) => {
  await operator.type("migrate", 1);
  // Undone by hand; then it begins anew, and fails at the same place.
  const [, anew = ""] = operator.named();
  await db.sql("drop table silver.owner");
  await operator.type(anew);
  await operator.type("migrate", 1);
  // Finished by hand.
  const [done = ""] = operator.named();
  await db.sql("create index owner_id on silver.owner (id); create table silver.last (id int)");
  await operator.type(done);
  await operator.type("migrate");
  assert.deepEqual(await contentOf(db), await wanted(REPAIRED));
  operator.finish();
});

const SLOW = {
  "bronze/0007_wait.sql": `do $$ begin
  loop exit when exists (select 1 from bronze.host where name = 'go'); perform pg_sleep(0.05); end loop;
end $$;\n`,
};

walk(
  STORIES.together,
  { has: BEFORE, files: { ...BEFORE, ...SLOW, ...LAST } },
  async (operator, db) => {
    const first = operator.start("migrate");
    const asleep =
      "select 1 from pg_stat_activity where query like 'do $$%' and state = 'active' and datname = current_database()";
    while ((await db.sql(asleep)).length === 0) await new Promise((wake) => setTimeout(wake, 50));
    const late = await operator.start("migrate --lock-timeout 200ms");
    assert.equal(late.code, 1);
    assert.match(late.err, /^error\[lock_timeout\]: Cannot start: another migration is running/m);
    assert.match(late.err, /the lock is held by pid \d+, "hotpot-migrate/);
    const [status = "", longer = ""] = [...late.err.matchAll(/^next: (.*?) +# /gm)].map((m) =>
      m[1]
    );
    assert.match((await operator.type(status)).out, /^Somebody is migrating now: pid \d+/m);
    const second = operator.type(longer);
    await db.sql("insert into bronze.host values (1, 'go')");
    assert.match((await first).out, /^Applied 2 migrations/m);
    assert.match((await second).out, /^Nothing to do: all 8 migrations are applied/m);
    operator.finish();
  },
);

walk(STORIES.older, { has: ALL, files: BEFORE }, async (operator, db) => {
  const before = await contentOf(db);
  const done = await operator.start("migrate");
  assert.equal(done.code, 0, done.err);
  assert.match(done.out, /^The database is newer than this program: it has 0007, 0008/m);
  const status = await operator.type("migrate status");
  assert.match(status.out, /0008_site: applied, and newer than this program$/m);
  assert.match(status.out, /^Use a program that has those versions\nnext: migrate version /m);
  await operator.type("migrate version");
  assert.deepEqual(await contentOf(db), before);
  operator.finish();
});

walk(STORIES.restored, { has: BEFORE, files: ALL }, async (operator, db) => {
  await using backup = await createDatabase({ template: db.name });
  assert.equal((await operator.start("migrate")).code, 0);
  await administer(`drop database ${db.name} with (force)`);
  await administer(`create database ${db.name} template ${backup.name}`);
  const status = await operator.type("migrate status");
  assert.match(status.out, /^· 0007_owner \(bronze\): pending$/m);
  assert.match((await operator.type("migrate verify")).out, /^✔ 6 applied, as in the files/);
  assert.match((await operator.type("migrate")).out, /^Applied 2 migrations/m);
  assert.deepEqual(await contentOf(db), await wanted(ALL));
  operator.finish();
});

walk(STORIES.hotFix, { has: BEFORE, files: ALL }, async (operator, db) => {
  await db.sql("alter table bronze.host add column owner text");
  const failed = await operator.type("migrate", 1);
  assert.match(failed.err, /column "owner" of relation "host" already exists/);
  const [record = ""] = operator.named();
  await operator.type(record);
  assert.match((await operator.type("migrate")).out, /^Applied 1 migration in .*: 0008/m);
  assert.deepEqual(await contentOf(db), await wanted(ALL));
  operator.finish();
});

/** The tables in which other tools keep their versions, as they make them. */
const OTHERS = {
  goose: `create table goose_db_version (id integer generated by default as identity primary key,
      version_id bigint not null, is_applied boolean not null, tstamp timestamp not null default now());
    insert into goose_db_version (version_id, is_applied) select n, true from generate_series(0, 6) n`,
  Flyway:
    `create table flyway_schema_history (installed_rank integer primary key, version varchar(50),
      description varchar(200) not null, type varchar(20) not null, script varchar(1000) not null,
      checksum integer, installed_by varchar(100) not null, installed_on timestamp not null default now(),
      execution_time integer not null, success boolean not null);
    create index flyway_schema_history_s_idx on flyway_schema_history (success);
    insert into flyway_schema_history select n, n, 'x', 'SQL', 'V' || n || '__x.sql', n, 'me', now(), 1, true
      from generate_series(1, 6) n`,
};

for (const [tool, history] of Object.entries(OTHERS)) {
  walk(
    STORIES.takeover,
    { has: {}, files: ALL },
    async (operator, db) => {
      for (const text of Object.values(BEFORE)) await db.sql(text);
      await db.sql(history);
      const before = await contentOf(db);
      const refused = await operator.type("migrate", 1);
      assert.match(refused.err, /^error\[database_not_clean\]/m);
      assert.deepEqual(await contentOf(db), before);
      const [baseline = ""] = operator.named();
      await operator.type(baseline.replace("<version>", "0006"));
      assert.match(
        (await operator.type("migrate")).out,
        /^Applied 2 migrations in .*: 0007, 0008/m,
      );
      await db.sql(`drop table ${tool === "goose" ? "goose_db_version" : "flyway_schema_history"}`);
      assert.deepEqual(await contentOf(db), await wanted(ALL));
      operator.finish();
    },
    `A database that ${tool} has built`,
  );
}
