import assert from "node:assert/strict";
import { planText } from "../../src/cli/plan.ts";
import { createDatabase } from "../harness/postgres.ts";
import { applyPool, planPool, poolOf } from "../harness/run.ts";

const FIRST = {
  "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.t (x int);\n",
};
const BOTH = {
  ...FIRST,
  "bronze/0002_b.sql": "create index on bronze.t (x);\ndo $$ begin end $$;\n",
};

Deno.test("plan() says what apply would do, and writes nothing", async () => {
  await using db = await createDatabase();
  const { database } = db;
  const fresh = await planPool(database, poolOf(BOTH));
  assert.equal(fresh.files.length, 2);
  assert.equal(fresh.files[1]?.statements[0]?.commands[0]?.rule, "new_table");
  const schemas = "select count(*)::int as n from pg_namespace where nspname !~ '^pg_'";
  assert.equal((await db.sql(schemas))[0]?.["n"], 2);
  await applyPool(database, poolOf(FIRST));
  const next = await planPool(database, poolOf(BOTH));
  assert.deepEqual(
    next.files.flatMap(({ statements }) => statements.flatMap(({ commands }) => commands))
      .map(({ effect }) => effect),
    ["blocks_writes", "unknown"],
  );
  const text = planText(next, false);
  assert.match(text, /^0002 bronze {2}2 statements\n {2}CREATE INDEX on bronze\.t/);
  for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
  await applyPool(database, poolOf(BOTH));
  const none = await planPool(database, poolOf(BOTH));
  assert.match(planText(none, false), /^Nothing to do/);
});

Deno.test("planText() names the table that a foreign key locks", async () => {
  await using db = await createDatabase();
  const { database } = db;
  await db.sql("create schema bronze; create table bronze.t (x int primary key)");
  const pool = poolOf({
    "bronze/0001_u.sql": "create table bronze.u (x int references bronze.t (x));\n",
  });
  const report = await planPool(database, pool, { allowDirty: true });
  assert.match(
    planText(report, false),
    /^ {2}CREATE TABLE bronze\.u\n {4}SHARE ROW EXCLUSIVE on bronze\.t: others wait/m,
  );
});
