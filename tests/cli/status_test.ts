import assert from "node:assert/strict";
import { configFile } from "../harness/config.ts";
import { contentOf } from "../harness/history.ts";
import { administer, createDatabase, type TestDatabase } from "../harness/postgres.ts";
import { migrate, type ProgramRun } from "../harness/program.ts";
import { applyPool, migrationsFolder, poolOf } from "../harness/run.ts";

const FILES = {
  "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n",
  "silver/0002_b.sql": "create schema silver;\n",
  "gold/0003_c.sql": "create schema gold;\n",
};

/** Runs a command on a database with a folder of migrations. */
async function run(
  db: TestDatabase,
  args: readonly string[],
  files: Readonly<Record<string, string>> = FILES,
): Promise<ProgramRun> {
  await using config = await configFile(db.database);
  await using folder = await migrationsFolder(files);
  return await migrate([...args, "--config", config.path, "--migrations", folder.path]);
}

function states(run: ProgramRun): Record<string, string> {
  const { files } = JSON.parse(run.out);
  return Object.fromEntries(
    files.map(({ state, version }: Record<string, string>) => [version, state]),
  );
}

Deno.test("migrate status tells an empty database, and makes nothing in it", async () => {
  await using db = await createDatabase();
  const first = await run(db, ["status"]);
  assert.equal(first.code, 0, first.err);
  assert.match(first.out, /^No migration was ever applied here$/m);
  assert.match(first.out, /^bronze {12}0 applied, 1 pending$/m);
  assert.match(first.out, /^· 0002_b \(silver\): pending$/m);
  assert.match(
    first.out,
    /^next: migrate plan --config \S+ --migrations \S+ +# what will be done$/m,
  );
  assert.equal((await run(db, ["status", "--exit-code"])).code, 3);
  assert.match((await run(db, ["history"])).out, /^No migration was ever applied here/);
  assert.equal((await run(db, ["verify"])).code, 0);
  const made = await db.sql("select 1 from pg_namespace where nspname ~ 'atlas'");
  assert.equal(made.length, 0);
});

Deno.test("migrate status, history and verify tell a database that is up to date", async () => {
  await using db = await createDatabase();
  await applyPool(db.database, poolOf(FILES));
  const status = await run(db, ["status", "--exit-code"]);
  assert.equal(status.code, 0, status.out);
  assert.match(status.out, /^gold {14}1 applied up to 0003$/m);
  assert.match(status.out, /^Nothing to do$/m);
  const document = JSON.parse((await run(db, ["status", "--json"])).out);
  assert.equal(document.status, "up_to_date");
  assert.equal(document.counts.applied, 3);
  assert.equal(document.layers.silver.applied, 1);
  assert.equal(document.running, null);
  const history = await run(db, ["history"]);
  assert.match(
    history.out,
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}0001_a \(bronze\)\n {4}executed, [\d.]+ ms, by hotpot-migrate test$/m,
  );
  const verify = await run(db, ["verify"]);
  assert.equal(verify.code, 0);
  assert.match(verify.out, /^✔ 3 applied, as in the files/);
});

Deno.test("migrate status and verify tell what is changed, gone, late and unknown", async () => {
  await using db = await createDatabase();
  await applyPool(db.database, poolOf(FILES));
  const cases: readonly (readonly [Record<string, string>, string, string])[] = [
    [{ ...FILES, "gold/0003_c.sql": "create schema gold2;\n" }, "0003", "changed"],
    [
      { "bronze/0001_a.sql": FILES["bronze/0001_a.sql"], "gold/0003_c.sql": "x;" },
      "0002",
      "missing",
    ],
    [{ "bronze/0001_a.sql": FILES["bronze/0001_a.sql"] }, "0003", "unknown"],
  ];
  for (const [files, version, state] of cases) {
    const status = await run(db, ["status", "--json", "--exit-code"], files);
    assert.equal(status.code, 3);
    assert.equal(states(status)[version], state);
    const verify = await run(db, ["verify"], files);
    assert.equal(verify.code, 1);
    assert.match(verify.out, new RegExp(`^✖ ${version}_`, "m"));
  }
});

Deno.test("migrate status tells a file that was never applied below the newest", async () => {
  await using db = await createDatabase();
  const { "silver/0002_b.sql": late, ...rest } = FILES;
  await applyPool(db.database, poolOf(rest));
  const status = await run(db, ["status", "--json"], { ...rest, "silver/0002_b.sql": late });
  assert.deepEqual(states(status), {
    "0001": "applied",
    "0002": "out_of_order",
    "0003": "applied",
  });
});

Deno.test("migrate status tells a half-done file with its error", async () => {
  await using db = await createDatabase();
  const files = {
    ...FILES,
    "gold/0004_d.sql": "-- atlas:txmode none\n\ncreate table bronze.d (i int);\nselect 1/0;\n",
  };
  await applyPool(db.database, poolOf(files));
  const status = await run(db, ["status"], files);
  assert.match(
    status.out,
    /^✖ 0004_d \(gold\): half done, 1 of 2 statements\n {6}.*division by zero/m,
  );
  assert.match(
    status.out,
    /^Repair 0004 from statement 2 on, then run migrate; or by hand, then:\nnext: migrate resolve 0004 --applied --config /m,
  );
  assert.match((await run(db, ["history"], files)).out, /^ {4}1\/2 done,/m);
});

Deno.test("migrate status names the first of many pending files", async () => {
  await using db = await createDatabase();
  const { out } = await run(
    db,
    ["status"],
    Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`bronze/00${i + 10}_a.sql`, "select 1;\n"]),
    ),
  );
  assert.match(out, /^· 0019_a \(bronze\): pending\n· and 20 more\nnext:/m);
});

Deno.test("migrate status says who is migrating", async () => {
  await using db = await createDatabase();
  await applyPool(db.database, poolOf(FILES));
  await db.sql("select pg_advisory_lock(2686470616)");
  assert.match((await run(db, ["status"])).out, /^Somebody is migrating now: pid \d+/m);
});

Deno.test("migrate --dry-run says what migrate plan says, and applies nothing", async () => {
  await using db = await createDatabase();
  const plan = await run(db, ["plan", "2"]);
  const dry = await run(db, ["apply", "2", "--dry-run"]);
  assert.equal(dry.code, 0, dry.err);
  const planned = ({ out }: ProgramRun) => out.replace(/^next: .*\n/m, "");
  assert.equal(planned(dry), planned(plan));
  assert.match(dry.out, /^0002 silver/m);
  assert.deepEqual(await contentOf(db), ["schema public"]);
});

Deno.test("migrate status and plan write nothing, and need no right to", async () => {
  await using db = await createDatabase();
  await applyPool(db.database, poolOf(FILES));
  const role = `reader_${db.name}`;
  await db.sql(
    `create role ${role} login; alter role ${role} set default_transaction_read_only = on`,
  );
  try {
    const reader = { ...db, database: { ...db.database, user: role } };
    const denied = await run(reader, ["status"]);
    assert.equal(denied.code, 1);
    assert.match(denied.err, /^error\[permission_denied\]/m);
    const [, grant] = /run: (grant .*;)/.exec(denied.err) ?? [];
    await db.sql(grant ?? "");
    const content = await contentOf(db);
    for (const command of ["status", "history", "verify", "plan"]) {
      const done = await run(reader, [command]);
      assert.equal(done.code, 0, `${command}: ${done.err}`);
    }
    assert.deepEqual(await contentOf(db), content);
  } finally {
    await db.sql(`drop owned by ${role}`);
    await administer(`drop role ${role}`);
  }
});
