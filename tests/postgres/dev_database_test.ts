import assert from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import type { Database } from "../../src/database.ts";
import { MigrateError } from "../../src/errors.ts";
import {
  type DevDatabase,
  isDevName,
  openDevDatabase,
  type ScratchMode,
} from "../../src/postgres/mod.ts";
import { folderOf } from "../harness/atlas.ts";
import { administer, createDatabase, databaseAt, type TestDatabase } from "../harness/postgres.ts";

Deno.test("isDevName() wants the end and something before it, to the letter", () => {
  for (const name of ["x_dev", "__dev", "hotpot_dev", " _dev", "x?y_dev", "é_dev"]) {
    assert.ok(isDevName(name), name);
  }
  for (
    const name of ["", "_dev", "dev", "xdev", "X_DEV", "x_dev ", "x_dev\n", "x_dev/y", '"x_dev"']
  ) {
    assert.ok(!isDevName(name), name);
  }
});

Deno.test("openDevDatabase() takes an empty database as it is", async () => {
  await using db = await createDatabase({ suffix: "_dev" });
  await using dev = await open(db.database);
  assert.equal(dev.database, db.database);
  assert.equal(dev.found, undefined);
  assert.deepEqual(await scratchOf(db.name), []);
  await using never = await open(db.database, "never");
  assert.equal(never.database, db.database);
});

/** Something in a database, what it is called, and how it goes. */
const CONTENT = [
  ["create schema odd", "schema odd"],
  ["create table t (i int)", "table t"],
  ["create table p (i int) partition by list (i)", "table p"],
  ["create view v as select 1 as i", "view v"],
  ["create materialized view m as select 1 as i", "materialized view m"],
  ["create function f() returns int language sql as 'select 1'", "function f()"],
  ["create type e as enum ('a')", "type e"],
  ["create domain d as int", "type d"],
  ["create type c as (i int)", "type c"],
  ["create sequence s", "sequence s"],
  ["create extension hstore", "extension hstore"],
] as const;

Deno.test("openDevDatabase() finds content of any kind, and touches none", async () => {
  await using db = await createDatabase({ suffix: "_dev" });
  for (const [sql, found] of CONTENT) {
    await db.sql(sql);
    const before = await everything(db);
    const error = await refused(open(db.database, "never"), "dev_not_empty");
    assert.ok(error.message.endsWith(`it is not empty (${found})`), error.message);
    assert.deepEqual(await everything(db), before);
    await db.sql(`drop ${found.replace(/^type d/, "domain d")}`);
  }
  await using dev = await open(db.database, "never");
  assert.equal(dev.database, db.database);
});

Deno.test("openDevDatabase() makes a scratch database beside one that is not empty", async () => {
  await using db = await createDatabase({ suffix: "_dev" });
  for (const [sql] of CONTENT) await db.sql(sql);
  const before = await everything(db);
  {
    await using dev = await open(db.database);
    assert.equal(dev.found, "schema odd");
    assert.ok(isDevName(dev.database.dbname));
    assert.notEqual(dev.database.dbname, db.name);
    assert.deepEqual(await scratchOf(db.name), [dev.database.dbname]);
    await spoil(dev.database);
  }
  assert.deepEqual(await scratchOf(db.name), []);
  assert.deepEqual(await everything(db), before);
});

Deno.test("openDevDatabase() does without the configured database when it is asked to", async () => {
  await using db = await createDatabase({ suffix: "_dev" });
  await using dev = await open(db.database, "always");
  assert.notEqual(dev.database.dbname, db.name);
  assert.equal(dev.found, undefined);
});

Deno.test("openDevDatabase() drops the scratch database after a failure too", async () => {
  await using db = await createDatabase({ suffix: "_dev" });
  const fails = async () => {
    await using dev = await open(db.database, "always");
    // Somebody is still in it.
    const sql = connect(dev.database);
    await sql`select 1`;
    try {
      throw new Error("no luck");
    } finally {
      sql.end({ timeout: 0 }).catch(() => {});
    }
  };
  await assert.rejects(fails, /no luck/);
  assert.deepEqual(await scratchOf(db.name), []);
});

Deno.test("openDevDatabase() says what a role lacks, and either remedy works", async () => {
  await using db = await createDatabase({ suffix: "_dev" });
  const role = `r "${db.name}`;
  const quoted = `"${role.replaceAll('"', '""')}"`;
  await administer(`create role ${quoted} login`);
  try {
    await administer(`alter database ${db.name} owner to ${quoted}`);
    await db.sql("create table t (i int)");
    const database = { ...db.database, user: role };
    const error = await refused(open(database), "scratch_denied");
    assert.match(error.message, /not empty \(table t\), nor create a scratch database/);
    const [, grant = "", empty = ""] =
      /^Grant it: (.*;) or empty ".*?": (.*)$/.exec(error.hint ?? "") ?? [];
    assert.match(empty, /^DROP DATABASE .*; CREATE DATABASE .*;$/);
    await administer(grant);
    await using dev = await open(database);
    assert.notEqual(dev.database.dbname, db.name);
  } finally {
    await administer(`alter database ${db.name} owner to postgres`);
    await administer(`drop role ${quoted}`);
  }
});

Deno.test("openDevDatabase() drops what a killed run left, and not what a living one has", async () => {
  await using db = await createDatabase({ suffix: "_dev" });
  await using living = await open(db.database, "always");
  await using script = await folderOf({ "hold.ts": holder(db.database) });
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      `--config=${Deno.cwd()}/deno.json`,
      join(script.path, "hold.ts"),
    ],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const left = (await reader.read()).value?.trim() ?? "";
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  assert.ok((await scratchOf(db.name)).includes(left));
  // The server notices the end of a connection in its own time.
  while ((await scratchOf(db.name)).includes(left)) {
    await (await open(db.database))[Symbol.asyncDispose]();
  }
  assert.deepEqual(await scratchOf(db.name), [living.database.dbname]);
});

Deno.test("openDevDatabase() leaves databases of others with similar names alone", async () => {
  await using db = await createDatabase({ suffix: "_dev" });
  const stem = db.name.slice(0, -"_dev".length);
  const others = [
    `${stem}_scratch_deadbeef_dev`,
    `${stem}_scratch_deadbeefdeadbeef_dev`,
    `${stem}_scratch_dev`,
    `${stem}_scratch_deadbeef`,
  ];
  for (const name of others) await administer(`create database ${name}`);
  try {
    await using dev = await open(db.database, "always");
    assert.deepEqual(await scratchOf(db.name), [...others, dev.database.dbname].sort());
  } finally {
    for (const name of others) await administer(`drop database if exists ${name}`);
  }
});

Deno.test("openDevDatabase() takes no scratch database of another with a name that begins alike", async () => {
  await using a = await createDatabase({ suffix: "_development_of_a_dev" });
  const twin = a.name.replace(/_of_a_dev$/, "_of_b_dev");
  await administer(`create database ${twin}`);
  try {
    await using first = await open(a.database, "always");
    await using second = await open({ ...a.database, dbname: twin }, "always");
    assert.notEqual(first.database.dbname, second.database.dbname);
    await spoil(first.database);
  } finally {
    await administer(`drop database ${twin}`);
  }
});

for (
  const [what, make] of [
    ["quotes, spaces and upper case", (stem: string) => `${stem} "O'Neill" %41 \\ ${"ÄÖ"}_dev`],
    ["63 bytes", (stem: string) => `${stem.padEnd(59, "x")}_dev`],
    ["letters of many bytes", (stem: string) => `${stem}${"🦆".repeat(9)}_dev`],
    ["signs of patterns", (stem: string) => `${stem}.*[%_]_dev`],
  ] as const
) {
  Deno.test(`openDevDatabase() copes with a name of ${what}`, async () => {
    const name = make(`t_${crypto.randomUUID().slice(0, 8)}`);
    const quoted = `"${name.replaceAll('"', '""')}"`;
    await administer(`create database ${quoted}`);
    try {
      const database = databaseAt(name);
      let scratch = "";
      {
        await using dev = await open(database, "always");
        scratch = dev.database.dbname;
        assert.ok(isDevName(scratch) && new TextEncoder().encode(scratch).length <= 63, scratch);
        assert.ok((await databases()).includes(scratch));
        await spoil(dev.database);
      }
      assert.ok(!(await databases()).includes(scratch));
    } finally {
      await administer(`drop database ${quoted}`);
    }
  });
}

Deno.test("openDevDatabase() asks the server where it is, which cuts long names", async () => {
  const real = `t_${crypto.randomUUID().slice(0, 8)}`.padEnd(63, "x");
  await administer(`create database ${real}`);
  try {
    const name = `${real}_dev`;
    assert.ok(isDevName(name));
    const error = await refused(open(databaseAt(name)), "dev_name");
    assert.match(error.message, /database name must end with _dev/);
    assert.match(error.message, new RegExp(`"${real}"`));
  } finally {
    await administer(`drop database ${real}`);
  }
});

Deno.test("openDevDatabase() tells for people what the server refuses", async () => {
  await using db = await createDatabase({ suffix: "_dev" });
  const role = `ro_${db.name}`;
  await administer(`create role ${role} login createdb`);
  try {
    await administer(`alter role ${role} set default_transaction_read_only = on`);
    const error = await refused(open({ ...db.database, user: role }, "always"), "database_error");
    assert.match(error.message, /^Cannot create a scratch database: .*read-only/);
  } finally {
    await administer(`drop role ${role}`);
  }
});

async function open(database: Database, scratch: ScratchMode = "auto"): Promise<DevDatabase> {
  return await openDevDatabase(database, {
    scratch,
    signal: new AbortController().signal,
    redact: (text) => text,
  });
}

async function refused(opening: Promise<DevDatabase>, code: string): Promise<MigrateError> {
  const error = await opening.then(() => assert.fail("was opened"), (error) => error);
  if (!(error instanceof MigrateError)) throw error;
  assert.equal(error.code, code, error.message);
  assert.ok(error.hint);
  return error;
}

/** The databases beside one whose names begin like it. */
async function scratchOf(name: string): Promise<readonly string[]> {
  const stem = name.slice(0, 18);
  return (await databases()).filter((other) => other.startsWith(stem) && other !== name).sort();
}

async function databases(): Promise<readonly string[]> {
  return (await administer("select datname from pg_database")).map((row) => String(row["datname"]));
}

/** Does to an empty database what must not happen to another. */
async function spoil(database: Database): Promise<void> {
  const sql = connect(database);
  try {
    assert.equal((await sql`select 1 from pg_class where relnamespace = 2200`).length, 0);
    await sql`create table left_over (i int)`;
  } finally {
    await sql.end();
  }
}

function connect({ dbname, host, port }: Database): postgres.Sql {
  return postgres({ host, port, user: "postgres", database: dbname, max: 1, onnotice: () => {} });
}

async function everything(db: TestDatabase): Promise<readonly unknown[]> {
  return await db.sql(`
    select 'class', oid, relname, xmin::text from pg_class where oid >= 16384
    union all select 'type', oid, typname, xmin::text from pg_type where oid >= 16384
    union all select 'proc', oid, proname, xmin::text from pg_proc where oid >= 16384
    union all select 'schema', oid, nspname, xmin::text from pg_namespace where oid >= 16384 order by 1, 2`);
}

/** A program that opens a scratch database, prints its name, and does not end by itself. */
function holder(database: Database): string {
  const door = import.meta.resolve("../../src/postgres/mod.ts");
  return `import { openDevDatabase } from ${JSON.stringify(door)};
    const dev = await openDevDatabase(${JSON.stringify(database)}, {
      scratch: "always",
      signal: new AbortController().signal,
      redact: (text) => text,
    });
    console.log(dev.database.dbname);
    await new Promise((resolve) => setTimeout(resolve, 1_000_000));`;
}
