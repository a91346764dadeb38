import assert from "node:assert/strict";
import { MigrateError } from "../../src/errors.ts";
import { readForeignKeys } from "../harness/catalog.ts";
import { createCheckout, generateIn } from "../harness/checkout.ts";
import { createDatabase } from "../harness/postgres.ts";
import { applyPool, testEngines } from "../harness/run.ts";
import { toolTest } from "../harness/tools.ts";

const HEAD = "create schema gold;\n";
const P1 = "create table gold.p1 (id int primary key, constraint u unique (id));\n";
const P2 = "create table gold.p2 (id int primary key);\n";
const child = (table: string, more = "") =>
  `create table gold.c (id int, p_id int, constraint fk foreign key (p_id) references gold.${table}${more});\n`;
const SILVER = "create schema silver;\ncreate table silver.p1 (id int primary key);\n";
const CASES: Readonly<Record<string, readonly [string, string]>> = {
  "moves to a table of the same name in another layer": [
    HEAD + P1 + child("p1"),
    HEAD + child("p1").replace("gold.p1", "silver.p1"),
  ],
  "moves to a table of the same name, beside a new table": [
    HEAD + P1 + child("p1"),
    HEAD + P2 + child("p1").replace("gold.p1", "silver.p1"),
  ],
  "moves to a table of the same name, and the other stays": [
    HEAD + P1 + child("p1"),
    HEAD + P1 + child("p1", " on delete cascade").replace("gold.p1", "silver.p1"),
  ],
  "moves to a table of the same name, and nothing else changes": [
    HEAD + P1 + child("p1"),
    HEAD + P1 + child("p1").replace("gold.p1", "silver.p1"),
  ],
  "leads to a table of an odd name": [
    HEAD + 'create table gold."a. (b)" (id int primary key);\n' + child('"a. (b)"'),
    HEAD + 'create table gold."a. (b)" (id int primary key);\n' +
    child('"a. (b)"', " on delete cascade"),
  ],
  "moves, and both tables change": [
    HEAD + P1.replace("id int", "id bigint, z int") +
    "create table gold.c (id int primary key, ref bigint references gold.p1);\n",
    HEAD +
    "create table gold.c (id int primary key, flags boolean not null default true, ref int references silver.p1);\ncreate table gold.d (id int primary key, ref int references silver.p1);\n",
  ],
  "moves from a dropped table to a new one": [HEAD + P1 + child("p1"), HEAD + P2 + child("p2")],
  "moves from a dropped table to one that stays": [
    HEAD + P1 + P2 + child("p1"),
    HEAD + P2 + child("p2"),
  ],
  "to a dropped table goes": [
    HEAD + P1 + child("p1"),
    HEAD + "create table gold.c (id int, p_id int);\n",
  ],
  "of a dropped table to a dropped table": [HEAD + P1 + child("p1"), HEAD + P2],
  "column of a dropped foreign key": [
    HEAD + P1 + child("p1"),
    HEAD + P2 + "create table gold.c (id int);\n",
  ],
};

toolTest("atlas", "generate() publishes nothing that PostgreSQL refuses", async () => {
  const types = `create schema silver;\ncreate type silver.e as enum ('a');\n`;
  const gold = `${HEAD}create type gold.e as enum ('a');\n`;
  await using checkout = await createCheckout({
    "silver/0001_s.sql": types,
    "gold/0002_a.sql": `${gold}create table gold.t (k gold.e);\n`,
  });
  await checkout.declare("silver", types);
  // A value of one enum is no value of another, and Atlas does not say how to make it one.
  await checkout.declare("gold", `${gold}create table gold.t (k silver.e);\n`);
  const before = await checkout.files();
  await assert.rejects(generateIn(checkout), (error) => {
    assert.ok(error instanceof MigrateError);
    assert.equal(error.code, "replay_failed");
    assert.match(error.message, /^Cannot write the migration of gold: .*cannot be cast/);
    assert.deepEqual(error.next, [{ command: "genmigrate new <name> --layer gold" }]);
    return true;
  });
  assert.deepEqual(await checkout.files(), before);
});

for (const [name, [before, after]] of Object.entries(CASES)) {
  toolTest("atlas", `generate(): a foreign key ${name}`, async () => {
    await using checkout = await createCheckout({
      "silver/0001_s.sql": SILVER,
      "gold/0002_a.sql": before,
    });
    await checkout.declare("silver", SILVER);
    await checkout.declare("gold", after);
    const { files } = await generateIn(checkout);
    assert.deepEqual(files.map(({ layer }) => layer), ["gold"]);
    const text = (await checkout.pool()).migrations[2]?.text ?? "";
    for (const use of testEngines) {
      await using db = await createDatabase();
      const report = await applyPool(db.database, await checkout.pool(), { use });
      assert.equal(report.error, undefined, `${report.error?.message}\n${text}`);
      await using wanted = await createDatabase();
      await wanted.sql(SILVER + after);
      assert.deepEqual(await readForeignKeys(db.sql), await readForeignKeys(wanted.sql), text);
    }
    // And there it ends.
    assert.deepEqual((await generateIn(checkout, { name: "more" })).files, []);
  });
}
