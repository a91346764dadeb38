import assert from "node:assert/strict";
import { join } from "node:path";
import { encode } from "../../src/dsn.ts";
import { type Checkout, createCheckout } from "../harness/checkout.ts";
import { configOf } from "../harness/config.ts";
import { checkDocument } from "../harness/documents.ts";
import { administer } from "../harness/postgres.ts";
import { atlasFolder, lookAtTree, textBelow } from "../harness/processes.ts";
import { ended, spawnGenmigrate } from "../harness/program.ts";
import { createRepository } from "../harness/repository.ts";
import { toolTest } from "../harness/tools.ts";

const BRONZE = "create schema bronze;\ncreate table bronze.a (id int primary key);\n";
const PASSWORD = "planted-%41 ${secret}'\"\\é";

toolTest(
  "atlas",
  "deno task gen hands the password to nobody else, and Ctrl-C leaves nothing",
  async () => {
    await using checkout = await createCheckout({ "bronze/0001_a.sql": BRONZE });
    await checkout.declare("bronze", BRONZE);
    // A history that takes its time, so that there is something to look at.
    await checkout.declare(
      "gold",
      "create schema gold;\ndo $$ begin perform pg_sleep(2); end $$;\ncreate table gold.g (i int);\n",
    );
    const role = `scram_${checkout.db.name}`;
    await administer(
      `create role ${role} login createdb password '${PASSWORD.replaceAll("'", "''")}'`,
    );
    try {
      const { start, temp } = await site(checkout, role);
      const before = await checkout.files();
      const child = await start();
      let seen = { processes: [] as readonly string[], text: "" };
      while (!seen.processes.some((line) => line.includes("migrate diff"))) {
        seen = await lookAtTree(child.pid);
      }
      hidden(seen.text);
      hidden(await textBelow(temp));
      child.kill("SIGINT");
      const stopped = await ended(child);
      assert.equal(stopped.code, 130, stopped.err);
      hidden(stopped.out + stopped.err);
      assert.deepEqual(await checkout.files(), before);
      assert.deepEqual(await leftBehind(checkout, temp), []);
      await administer(`alter role ${role} password 'changed'`);
      const refused = await ended(await start());
      assert.match(refused.err, /login_refused/);
      hidden(refused.out + refused.err);
      assert.deepEqual(await leftBehind(checkout, temp), []);
    } finally {
      await administer(`drop role ${role}`);
    }
  },
);

toolTest(
  "atlas",
  "the commands of the README work one after the other, from an empty folder",
  async (atlas = "") => {
    await using repository = await createRepository({ "bronze/0001_a.sql": BRONZE });
    const schema = join(repository.root, "schema");
    await Deno.mkdir(schema);
    await Deno.writeTextFile(
      join(schema, "bronze.sql"),
      `${BRONZE}create table bronze.b (id int);\n`,
    );
    const bin = join(repository.root, "bin");
    await Deno.mkdir(bin);
    await Deno.symlink(atlas, join(bin, "atlas"));
    const run = async (...args: readonly string[]) => {
      const child = await spawnGenmigrate([...args, "--out", repository.out], {
        env: { PATH: `${bin}:${Deno.env.get("PATH")}` },
      });
      return await ended(child);
    };
    const declared = ["--schema", schema, "--dev-embedded"];
    const first = await run(...declared, "add_firewall_tables");
    assert.equal(first.code, 0, first.err);
    assert.match(first.out, /-> 0002_add_firewall_tables\.sql/);
    const added = await run("new", "fill_owner", "--layer", "silver");
    assert.match(added.out, /wrote .*silver\/0003_fill_owner\.sql/);
    await Deno.writeTextFile(join(repository.out, "silver/0003_fill_owner.sql"), "select 1;\n");
    assert.match((await run("hash")).out, /wrote .*silver\/atlas\.sum/);
    assert.match((await run("renumber")).out, /Nothing to do/);
    const checked = await run("check", ...declared);
    assert.equal(checked.code, 0, checked.out + checked.err);
    assert.equal(checked.out.match(/✔/g)?.length, 5);
    await Deno.writeTextFile(join(schema, "bronze.sql"), BRONZE);
    const differs = await run("check", ...declared, "--json");
    assert.equal(differs.code, 3);
    await checkDocument("genmigrate", JSON.parse(differs.out));
    assert.equal(JSON.parse(differs.out).checks.at(-1).findings[0].code, "schema_differs");
  },
);

async function site(checkout: Checkout, user: string) {
  const temp = `${checkout.out}-temp`;
  const place = `${checkout.out}-place`;
  await Deno.mkdir(temp);
  await Deno.mkdir(place);
  const config = join(place, "config.yaml");
  const database = { ...checkout.db.database, user, password: PASSWORD };
  await Deno.writeTextFile(config, configOf(database), { mode: 0o600 });
  const path = await atlasFolder(place);
  const flags = ["--schema", checkout.schema, "--out", checkout.out, "-c", config];
  return {
    temp,
    start: () =>
      spawnGenmigrate([...flags, "--scratch", "always", "-v", "change"], {
        env: { TMPDIR: temp, PATH: `${path}:${Deno.env.get("PATH")}` },
      }),
  };
}

function hidden(text: string): void {
  for (const form of ["planted", encode(PASSWORD), "${secret}"]) {
    assert.ok(!text.includes(form), `"${form}" is in ${text}`);
  }
}

/** Temporary files and scratch databases. */
async function leftBehind(checkout: Checkout, temp: string): Promise<readonly string[]> {
  const base = checkout.db.name.replace(/_dev$/, "").slice(0, 20);
  const rows = await administer(
    `select datname from pg_database where datname like '${base}%scratch%'`,
  );
  const files = await Array.fromAsync(Deno.readDir(temp), ({ name }) => name);
  return [...files, ...rows.map((row) => String(row["datname"]))];
}
