import assert from "node:assert/strict";
import { MigrateError } from "../../src/errors.ts";
import { type Checkout, createCheckout, generateIn } from "../harness/checkout.ts";
import { contentOf } from "../harness/history.ts";
import { administer } from "../harness/postgres.ts";
import { applyPool } from "../harness/run.ts";
import { toolTest } from "../harness/tools.ts";

const BRONZE = "create schema bronze;\ncreate table bronze.a (id int primary key);\n";
const SILVER =
  "create schema silver;\ncreate table silver.b (id int primary key, a_id int references bronze.a);\n";
const HISTORY = { "bronze/0001_a.sql": BRONZE, "silver/0002_b.sql": SILVER };

async function started(): Promise<Checkout> {
  const checkout = await createCheckout(HISTORY);
  await checkout.declare("bronze", BRONZE);
  await checkout.declare("silver", SILVER);
  return checkout;
}

toolTest(
  "atlas",
  "generate() goes the whole round: declare, generate, apply, generate nothing",
  async () => {
    await using checkout = await createCheckout();
    await checkout.declare("bronze", BRONZE);
    await checkout.declare("silver", SILVER);
    const first = await generateIn(checkout, { name: "init" });
    assert.deepEqual(first.files.map(({ file, layer }) => `${layer}/${file}`), [
      "bronze/0001_init.sql",
      "silver/0002_init.sql",
    ]);
    assert.deepEqual(first.skipped, ["bronzehistory", "gold"]);
    const applied = await applyPool(checkout.db.database, await checkout.pool());
    assert.equal(applied.applied.length, 2);
    const before = await checkout.files();
    const second = await generateIn(checkout);
    assert.deepEqual(second.files, []);
    // The database holds what was applied now, so another was used beside it.
    assert.equal(second.scratch.length, 1);
    assert.deepEqual(await checkout.files(), before);
    assert.ok((await contentOf(checkout.db)).some((what) => what.includes("silver.b")));
    assert.deepEqual(await scratchOf(checkout), []);
  },
);

toolTest(
  "atlas",
  "generate() gives two changed layers consecutive numbers in their order",
  async () => {
    await using checkout = await started();
    await checkout.declare("bronze", `${BRONZE}create table bronze.c (id int primary key);\n`);
    await checkout.declare(
      "silver",
      `${SILVER}create table silver.d (c_id int references bronze.c);\n`,
    );
    const { files } = await generateIn(checkout, { name: "more" });
    assert.deepEqual(files.map(({ file, layer }) => `${layer}/${file}`), [
      "bronze/0003_more.sql",
      "silver/0004_more.sql",
    ]);
    const { migrations } = await checkout.pool();
    assert.match(migrations[2]?.text ?? "", /^[^]*CREATE TABLE "bronze"\."c"[^]*$/);
    assert.doesNotMatch(migrations[2]?.text ?? "", /silver/);
    assert.match(migrations[3]?.text ?? "", /REFERENCES "bronze"\."c"/);
    assert.doesNotMatch(migrations[3]?.text ?? "", /CREATE TABLE "bronze"/);
    const embed = (await checkout.files())["migrations/embed.ts"] ?? "";
    assert.match(
      embed,
      /import silver2 from "\.\/silver\/0004_more\.sql" with \{ type: "text" \};/,
    );
  },
);

toolTest(
  "atlas",
  "generate() changes a table that a layer above refers to, and that table alone",
  async () => {
    await using checkout = await started();
    await checkout.declare(
      "bronze",
      BRONZE.replace("id int primary key", "id int primary key, n text"),
    );
    await generateIn(checkout);
    const { migrations } = await checkout.pool();
    assert.equal(
      migrations.at(-1)?.text,
      '-- Modify "a" table\nALTER TABLE "bronze"."a" ADD COLUMN "n" text NULL;\n',
    );
  },
);

toolTest(
  "atlas",
  "generate() drops from above to below what is gone from two layers, and says so",
  async () => {
    await using checkout = await started();
    await checkout.declare("bronze", "create schema bronze;\n");
    await checkout.declare(
      "silver",
      "create schema silver;\ncreate table silver.b (id int primary key);\n",
    );
    const { files } = await generateIn(checkout);
    assert.deepEqual(
      files.map(({ drops, file, layer }) => [layer, file, drops.map((one) => one.drops)]),
      [
        ["silver", "0003_change.sql", ["column"]],
        ["bronze", "0004_change.sql", ["table"]],
      ],
    );
    assert.equal((await applyPool(checkout.db.database, await checkout.pool())).applied.length, 4);
  },
);

toolTest(
  "atlas",
  "generate() refuses to drop what a layer above still uses, and changes nothing",
  async () => {
    await using checkout = await started();
    await checkout.declare("bronze", "create schema bronze;\n");
    const error = await refuses(
      checkout,
      "still_used",
      /bronze: a layer above still uses .* "bronze\.a"/,
    );
    assert.match(error.details[0] ?? "", /needed by: .*"silver"/);
  },
);

toolTest(
  "atlas",
  "generate() writes no DROP SCHEMA for what others hold: the trap of narrowing",
  async () => {
    await using checkout = await createCheckout({
      ...HISTORY,
      "gold/0003_c.sql":
        "create schema gold; create table gold.c (id int);\ncreate table public.p (id int);\n",
    });
    // Only silver is declared, and it has changed.
    await checkout.declare("silver", SILVER.replace("a_id int", "n text, a_id int"));
    const { files, skipped } = await generateIn(checkout);
    assert.deepEqual(skipped, ["bronze", "bronzehistory", "gold"]);
    assert.equal(files.length, 1);
    const { migrations } = await checkout.pool();
    assert.equal(
      migrations.at(-1)?.text,
      '-- Modify "b" table\nALTER TABLE "silver"."b" ADD COLUMN "n" text NULL;\n',
    );
  },
);

toolTest(
  "atlas",
  "generate() drops a schema when the developer removed it, and says so",
  async () => {
    await using checkout = await createCheckout({
      ...HISTORY,
      "bronze/0003_extra.sql": "create schema bronze_old;\ncreate table bronze_old.t (id int);\n",
    });
    await checkout.declare("bronze", BRONZE);
    await checkout.declare("silver", SILVER);
    const { files } = await generateIn(checkout);
    assert.deepEqual(files.map(({ layer }) => layer), ["bronze"]);
    assert.ok(files[0]?.drops.some(({ drops }) => drops === "schema"));
    assert.match(
      (await checkout.pool()).migrations.at(-1)?.text ?? "",
      /DROP SCHEMA "bronze_old" CASCADE/,
    );
  },
);

toolTest("atlas", "generate() refuses a declaration that reaches into another schema", async () => {
  await using checkout = await started();
  await checkout.declare("silver", `${SILVER}create table stray (id int);\n`);
  await refuses(checkout, "foreign_change", /schema "public"/);
  await checkout.declare("silver", `${SILVER}create table bronze.stray (id int);\n`);
  await refuses(checkout, "foreign_change", /schema "bronze"/);
  await checkout.declare("silver", `${SILVER}create schema bronze2;\n`);
  await checkout.declare("bronze", `${BRONZE}create schema bronze2;\n`);
  await refuses(checkout, "schema_shared", /"bronze2" is: bronze and silver/);
});

toolTest(
  "atlas",
  "generate() names the function that a migration makes and a declaration needs",
  async () => {
    await using checkout = await createCheckout({
      ...HISTORY,
      "silver/0003_f.sql":
        "create function silver.next_id() returns int language sql as 'select 1';\n",
    });
    await checkout.declare("bronze", BRONZE);
    const needs = `${SILVER}create table silver.n (id int default silver.next_id());\n`;
    await checkout.declare("silver", needs);
    await refuses(
      checkout,
      "state_failed",
      /silver: function silver\.next_id\(\) does not exist/,
      /Declare the function silver\.next_id\(\) before/,
    );
    await checkout.declare(
      "silver",
      needs.replace(
        "create table silver.n",
        "create function silver.next_id() returns int language sql as 'select 1';\ncreate table silver.n",
      ),
    );
    const { files, unseen } = await generateIn(checkout);
    assert.equal(files.length, 1);
    assert.deepEqual(unseen.silver, [{ kind: "function", name: "silver.next_id" }]);
  },
);

toolTest(
  "atlas",
  "generate() shows the statement that does not load, and the migration that does not replay",
  async () => {
    await using checkout = await started();
    await checkout.declare("silver", `${SILVER}create tabel silver.x (\n  id int\n);\n`);
    const error = await refuses(
      checkout,
      "state_failed",
      /schema of silver: syntax error at or near "tabel"/,
    );
    assert.ok(error.details.includes("| create tabel silver.x ("), error.details.join("\n"));
    await using broken = await createCheckout({ ...HISTORY, "gold/0003_c.sql": "select 1/0;\n" });
    await broken.declare("silver", SILVER);
    await refuses(broken, "replay_failed", /0003 fails with "division by zero"/);
  },
);

toolTest("atlas", "generate() reads HCL, also beside layers declared in SQL", async () => {
  await using checkout = await createCheckout();
  await checkout.declare(
    "bronze.hcl",
    'schema "bronze" {}\ntable "a" {\n  schema = schema.bronze\n  column "id" { type = int }\n  primary_key { columns = [column.id] }\n}\n',
  );
  await checkout.declare(
    "silver.hcl",
    'schema "silver" {}\ntable "b" {\n  schema = schema.silver\n  column "a_id" { type = int }\n  foreign_key "fk" {\n    columns = [column.a_id]\n    ref_columns = [table.a.column.id]\n  }\n}\nview "v" {\n  schema = schema.silver\n  as = "select 1"\n}\n',
  );
  await checkout.declare(
    "gold",
    "create schema gold;\ncreate table gold.g (id int references bronze.a);\n",
  );
  const { files, unseen } = await generateIn(checkout);
  assert.deepEqual(files.map(({ layer }) => layer), ["bronze", "silver", "gold"]);
  assert.deepEqual(unseen.silver, [{ kind: "view", name: "v" }]);
  assert.equal((await applyPool(checkout.db.database, await checkout.pool())).applied.length, 3);
  assert.deepEqual((await generateIn(checkout)).files, []);
});

toolTest("atlas", "generate() keeps gaps, and refuses a number of five digits", async () => {
  await using checkout = await createCheckout({
    ...HISTORY,
    "gold/9998_g.sql": "create schema gold;\n",
  });
  await checkout.declare(
    "bronze",
    BRONZE.replace("id int primary key", "id int primary key, n text"),
  );
  const { files } = await generateIn(checkout);
  assert.equal(files[0]?.file, "9999_change.sql");
  await checkout.declare("bronze", BRONZE);
  await refuses(checkout, "sequence_full", /10000 would sort before/);
});

toolTest("atlas", "generate() changes nothing when it is stopped at any step", async () => {
  await using checkout = await started();
  await checkout.declare("bronze", `${BRONZE}create table bronze.c (id int);\n`);
  await checkout.declare("silver", `${SILVER}create table silver.d (id int);\n`);
  const before = await checkout.files();
  for (let steps = 1; steps <= 5; steps++) {
    const stop = new AbortController();
    let left = steps;
    const step = () => {
      if (--left === 0) stop.abort("SIGINT");
    };
    const events = {
      onStep: step,
      onLayer: () => {},
      onSkipped: () => {},
      onFile: step,
      onScratch: () => {},
      onUnseen: () => {},
    };
    await assert.rejects(generateIn(checkout, { signal: stop.signal, events }), {
      code: "interrupted",
    });
    assert.deepEqual(await checkout.files(), before);
    assert.deepEqual(await scratchOf(checkout), []);
  }
});

toolTest("atlas", "generate() leaves the content of the development database alone", async () => {
  await using checkout = await started();
  await checkout.db.sql("create table mine (i int); insert into mine values (1)");
  const { scratch } = await generateIn(checkout);
  assert.deepEqual(scratch, ["table mine"]);
  assert.equal((await checkout.db.sql("select * from mine")).length, 1);
  await refuses(checkout, "dev_not_empty", /table mine/, undefined, { scratch: "never" });
  assert.deepEqual((await generateIn(checkout, { scratch: "always" })).scratch, [undefined]);
});

/** A run that must be refused, and leave the checkout and the server as they were. */
async function refuses(
  checkout: Checkout,
  code: string,
  message: RegExp,
  hint?: RegExp,
  changes: Parameters<typeof generateIn>[1] = {},
): Promise<MigrateError> {
  const before = await checkout.files();
  const error = await generateIn(checkout, changes).then(
    () => assert.fail(`was not refused with ${code}`),
    (error: unknown) => error,
  );
  if (!(error instanceof MigrateError)) throw error;
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  assert.match(error.hint ?? "", hint ?? /./);
  assert.deepEqual(await checkout.files(), before);
  assert.deepEqual(await scratchOf(checkout), []);
  return error;
}

async function scratchOf({ db }: Checkout): Promise<readonly unknown[]> {
  const base = db.name.replace(/_dev$/, "").slice(0, 20);
  const rows = await administer(
    `select datname from pg_database where datname like '${base}%scratch%'`,
  );
  return rows.map((row) => row["datname"]);
}
