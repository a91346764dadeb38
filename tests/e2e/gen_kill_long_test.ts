import assert from "node:assert/strict";
import { join } from "node:path";
import { recover } from "../../src/checkout/mod.ts";
import { type Checkout, createCheckout } from "../harness/checkout.ts";
import { configOf } from "../harness/config.ts";
import { administer } from "../harness/postgres.ts";
import { ended, spawnGenmigrate } from "../harness/program.ts";
import { toolTest } from "../harness/tools.ts";

const BRONZE = "create schema bronze;\ncreate table bronze.a (id int primary key);\n";
const KILLS = 100;

toolTest(
  "atlas",
  `genmigrate killed at ${KILLS} random moments leaves the checkout as it was or complete`,
  async (atlas) => {
    await using checkout = await createCheckout({ "bronze/0001_a.sql": BRONZE });
    await checkout.declare("bronze", `${BRONZE}create table bronze.b (id int);\n`);
    await checkout.declare("silver", "create schema silver;\ncreate table silver.c (id int);\n");
    // What is in the database makes every run use a scratch database.
    await checkout.db.sql("create table mine (i int)");
    const start = await prepare(checkout, atlas);
    const before = await checkout.files();
    const begun = performance.now();
    const whole = await ended(await start());
    const lasts = performance.now() - begun;
    assert.equal(whole.code, 0, whole.err);
    const complete = await checkout.files();
    let unchanged = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      await restore(checkout, before);
      const child = await start();
      const timer = setTimeout(() => child.kill("SIGKILL"), Math.random() * lasts * 1.1);
      await ended(child);
      clearTimeout(timer);
      // What was being published is finished by whoever comes next.
      await recover(checkout.out);
      const after = await checkout.files();
      if (JSON.stringify(after) === JSON.stringify(before)) unchanged++;
      else assert.deepEqual(after, complete);
    }
    assert.ok(unchanged > 0 && unchanged < KILLS, `${unchanged} of ${KILLS} were unchanged`);
    await restore(checkout, before);
    const last = await ended(await start());
    assert.equal(last.code, 0, last.err);
    assert.deepEqual(await checkout.files(), complete);
    const base = checkout.db.name.replace(/_dev$/, "").slice(0, 20);
    const left = await administer(
      `select datname from pg_database where datname like '${base}%scratch%'`,
    );
    assert.equal(left.length, 0);
    // An Atlas that outlived its run may keep its folder until the run after that, and a folder that
    // was just being made is left alone for five seconds.
    await new Promise((go) => setTimeout(go, 6_000));
    await ended(await start());
    const temp = await Array.fromAsync(Deno.readDir(tempOf(checkout)), ({ name }) => name);
    assert.deepEqual(temp.filter((name) => name !== "config.yaml" && name !== "bin"), []);
  },
);

/** A folder of its own for everything that the runs put into the temporary folder. */
function tempOf(checkout: Checkout): string {
  return `${checkout.out}-temp`;
}

async function prepare(
  checkout: Checkout,
  atlas = "",
): Promise<() => Promise<Deno.ChildProcess>> {
  const temp = tempOf(checkout);
  await Deno.mkdir(join(temp, "bin"), { recursive: true });
  await Deno.symlink(atlas, join(temp, "bin", "atlas"));
  const config = join(temp, "config.yaml");
  await Deno.writeTextFile(config, configOf(checkout.db.database), { mode: 0o600 });
  const flags = ["--schema", checkout.schema, "--out", checkout.out, "-c", config];
  return () =>
    spawnGenmigrate([...flags, "change"], {
      env: { TMPDIR: temp, PATH: `${join(temp, "bin")}:${Deno.env.get("PATH")}` },
    });
}

async function restore(checkout: Checkout, files: Readonly<Record<string, string>>): Promise<void> {
  for (const path of Object.keys(await checkout.files())) {
    if (!(path in files)) await Deno.remove(join(checkout.out, "..", path));
  }
  for (const [path, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(checkout.out, "..", path), text);
  }
}
