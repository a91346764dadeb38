import assert from "node:assert/strict";
import { join } from "node:path";
import { VERSION } from "../../src/version.ts";
import { folderOf } from "../harness/atlas.ts";
import { createCheckout } from "../harness/checkout.ts";
import { configFile, configOf } from "../harness/config.ts";
import { databaseAt } from "../harness/postgres.ts";
import { atlasFolder } from "../harness/processes.ts";
import { genmigrate } from "../harness/program.ts";
import { toolTest } from "../harness/tools.ts";

toolTest("atlas", "genmigrate prints what the manual shows, to the letter", async () => {
  await using checkout = await createCheckout({ "bronze/0001_a.sql": "create schema bronze;\n" });
  await checkout.declare("bronze", "create schema bronze;\n");
  await checkout.declare(
    "bronzehistory",
    "create schema bronzehistory;\ncreate table bronzehistory.firewalls (id int);\n",
  );
  await checkout.declare("silver", "create schema silver;\n");
  await checkout.declare("gold", "create schema gold;\ncreate table gold.g (id int);\n");
  await using config = await configFile(checkout.db.database);
  const path = await atlasFolder(config.folder);
  const args = ["--schema", checkout.schema, "--out", checkout.out, "-c", config.path];
  const run = await genmigrate([...args, "add_firewall_tables"], { PATH: path });
  assert.equal(run.code, 0, run.err);
  assert.equal(
    run.out.replace(/rename: \d{14}_/g, "rename: 20260208154545_"),
    `==> bronze: atlas migrate diff add_firewall_tables
==> bronzehistory: atlas migrate diff add_firewall_tables
    rename: 20260208154545_add_firewall_tables.sql -> 0002_add_firewall_tables.sql
==> silver: atlas migrate diff add_firewall_tables
    rename: 20260208154545_add_firewall_tables.sql -> 0003_add_firewall_tables.sql
==> gold: atlas migrate diff add_firewall_tables
    rename: 20260208154545_add_firewall_tables.sql -> 0004_add_firewall_tables.sql

✅ Migration diff complete
`,
  );
  // No progress off a terminal.
  assert.equal(run.err, "");
  await checkout.declare("gold", "create schema gold;\n");
  await Deno.remove(join(checkout.schema, "silver.sql"));
  const next = await genmigrate([...args, "drop_g"], { PATH: path });
  assert.match(next.out, /^==> silver: skipped, nothing declared in /m);
  assert.match(next.out, /-> 0005_drop_g\.sql\n {4}drops a table: DROP TABLE "gold"\."g";\n/);
  for (const word of ["new", "hash", "renumber", "check", "diff", "help"]) {
    const reserved = await genmigrate(["diff", word, ...args], { PATH: path });
    assert.equal(reserved.code, 0, reserved.err);
    assert.match(reserved.out, new RegExp(`^==> bronze: atlas migrate diff ${word}$`, "m"));
  }
});

const NAMES: readonly (readonly [string, string | undefined])[] = [
  ["Add-Firewall Tables", "add_firewall_tables"],
  ["add.x", "add_x"],
  ["Ünïcode", "unicode"],
  ["../evil", "evil"],
  ["add_x.sql", "add_x_sql"],
  ["日本", undefined],
];

for (const [name, corrected] of NAMES) {
  Deno.test(`genmigrate refuses the name ${name} and suggests ${corrected}`, async () => {
    const run = await genmigrate([name]);
    assert.equal(run.code, 2);
    assert.match(run.err, /A name has only a-z, 0-9 and _\./);
    assert.equal(/Try (\w+)\./.exec(run.err)?.[1], corrected);
  });
}

// Nobody listens there, and there is no Atlas: the name is looked at before either is tried.
const NOT_DEV = [
  ...["hotpot", "_dev", "x_DEV", "x_dev ", "x_dev2", '"x_dev"', "x_dev?sslmode=disable"],
  ...["x_dev/y", "x_dev#", "dev", "x-dev", "x_dev\n"],
];

for (const dbname of NOT_DEV) {
  Deno.test(`genmigrate refuses the database ${JSON.stringify(dbname)} before it does anything`, async () => {
    const database = databaseAt(dbname, { host: "127.0.0.1", port: 1 });
    await using config = await configFile(configOf(database));
    for (const command of [["some_name"], ["check"]]) {
      const run = await genmigrate([...command, "-c", config.path], { PATH: "/nonexistent" });
      assert.equal(run.code, 2, run.err);
      assert.match(run.err, /^error\[dev_name\]: [^]*database name must end with _dev/);
      assert.equal(run.out, "");
    }
  });
}

Deno.test("genmigrate goes on to Atlas with a database for development", async () => {
  await using config = await configFile(databaseAt("x_dev", { port: 1 }));
  const run = await genmigrate(["some_name", "-c", config.path], { PATH: "/nonexistent" });
  assert.equal(run.code, 2);
  assert.match(run.err, /^error\[atlas_missing\]: atlas: command not found\nhint: Install Atlas/);
});

Deno.test("genmigrate says what it needs a source checkout for", async () => {
  const run = await genmigrate(["--dev-embedded", "some_name"]);
  assert.equal(run.code, 2);
  assert.match(run.err, /^error\[not_supported\]: Cannot start a PostgreSQL/);
});

toolTest(
  "atlas",
  "genmigrate names the folders it looked at when nothing is declared",
  async () => {
    await using config = await configFile(databaseAt("x_dev", { port: 1 }));
    await using folder = await folderOf({ "bronze/readme.txt": "" });
    const path = await atlasFolder(config.folder);
    const args = [
      "some_name",
      "-c",
      config.path,
      "--schema",
      folder.path,
      "--out",
      `${folder.path}/m`,
    ];
    const run = await genmigrate(args, { PATH: path });
    assert.equal(run.code, 2);
    assert.match(run.err, /^error\[schema_missing\]/);
    assert.ok(run.err.includes(`${folder.path}/silver.sql`));
    assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["bronze"]);
  },
);

Deno.test("genmigrate tells its usage and its version", async () => {
  assert.deepEqual(await genmigrate(["--version"]), {
    code: 0,
    out: `genmigrate ${VERSION}\n`,
    err: "",
  });
  const missing = await genmigrate([]);
  assert.equal(missing.code, 2);
  assert.match(missing.err, /missing required argument 'name'/);
  assert.equal((await genmigrate(["x", "--nope"])).code, 2);
  assert.equal((await genmigrate(["new", "x"])).code, 2);
  assert.match(
    (await genmigrate(["new", "x", "--layer", "brass"])).err,
    /bronze, bronzehistory, silver, gold/,
  );
  const help = await genmigrate(["--help"]);
  for (const word of ["--schema", "--out", "--scratch", "renumber", "Exit codes:"]) {
    assert.ok(help.out.includes(word), word);
  }
});

Deno.test("genmigrate new says what is in the way of the editor, and adds nothing", async () => {
  await using folder = await folderOf({});
  const out = join(folder.path, "migrations");
  const args = ["new", "x", "--layer", "gold", "--edit", "--out", out];
  for (
    const [env, message] of [
      [{}, /none is set/],
      [{ EDITOR: "evil" }, /not one that this program may run/],
      [{ VISUAL: "/usr/bin/evil --wait", EDITOR: "vi" }, /not one that this program may run/],
    ] as const
  ) {
    const run = await genmigrate(args, env);
    assert.equal(run.code, 1);
    assert.match(run.err, message);
  }
  await assert.rejects(Deno.stat(out));
});
