import assert from "node:assert/strict";
import { folderOf } from "../harness/atlas.ts";
import { createCheckout, generateIn } from "../harness/checkout.ts";
import { toolTest } from "../harness/tools.ts";

const BRONZE = "create schema bronze;\ncreate table bronze.a (id int primary key);\n";
const SILVER =
  "create schema silver;\ncreate table silver.b (id int primary key, a_id int references bronze.a);\n";
const MORE = (layer: string) => `create table ${layer}.more (id int primary key);\n`;

/** An `atlas` that notes what it is called with. */
async function notingAtlas(atlas: string) {
  const folder = await folderOf({ notes: "" });
  const path = `${folder.path}/atlas`;
  const script = `#!/bin/sh\necho "$1 $2" >>'${folder.path}/notes'\nexec '${atlas}' "$@"\n`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
  return {
    program: { path, version: "v1.2.3", edition: "community" } as const,
    /** The calls since the last time. */
    calls: async () => {
      const text = await Deno.readTextFile(`${folder.path}/notes`);
      await Deno.writeTextFile(`${folder.path}/notes`, "");
      return text.trim().split("\n");
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

toolTest("atlas", "generate() calls Atlas as often as it must, and no more", async (atlas) => {
  await using noting = await notingAtlas(atlas);
  const { program } = noting;
  const counts: Record<string, readonly string[]> = {};
  await using checkout = await createCheckout({
    "bronze/0001_a.sql": BRONZE,
    "silver/0002_b.sql": SILVER,
  });
  await checkout.declare("bronze", BRONZE);
  await checkout.declare("silver", SILVER);
  assert.deepEqual((await generateIn(checkout, { program })).files, []);
  counts["nothing"] = await noting.calls();
  await checkout.declare("bronze", BRONZE + MORE("bronze"));
  assert.equal((await generateIn(checkout, { program })).files.length, 1);
  counts["one layer"] = await noting.calls();
  await checkout.declare("bronze", BRONZE + MORE("bronze") + MORE("bronze").replace("more", "c"));
  await checkout.declare("silver", SILVER + MORE("silver"));
  assert.equal((await generateIn(checkout, { program })).files.length, 2);
  counts["two layers"] = await noting.calls();
  // What is declared; the difference of all; what the migrations build.
  const once = ["schema inspect", "migrate diff", "schema inspect"];
  // What stands above, the difference, and what came of it; the last of it is the final look.
  const layer = ["schema inspect", "migrate diff", "schema inspect"];
  assert.deepEqual(counts, {
    "nothing": once,
    "one layer": [...once, "schema inspect", ...layer],
    "two layers": [...once, "schema inspect", ...layer, ...layer],
  });
});
