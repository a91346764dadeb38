import assert from "node:assert/strict";
import { createCheckout, generateIn } from "../harness/checkout.ts";
import { goTest } from "../harness/go.ts";
import { applyPool } from "../harness/run.ts";
import { tools } from "../harness/tools.ts";

goTest("generate() goes the whole round with ent types, through Atlas", async () => {
  if (tools.atlas === undefined) return;
  await using checkout = await createCheckout();
  const env = Deno.env.toObject();
  const options = { schema: "tests/testdata/ent", env };
  const { files, skipped } = await generateIn(checkout, { ...options, name: "init" });
  assert.deepEqual(files.map(({ file, layer }) => `${layer}/${file}`), [
    "bronze/0001_init.sql",
    "silver/0002_init.sql",
  ]);
  assert.deepEqual(skipped, ["bronzehistory", "gold"]);
  const report = await applyPool(checkout.db.database, await checkout.pool());
  assert.equal(report.error, undefined, report.error?.message);
  assert.deepEqual((await generateIn(checkout, options)).files, []);
});
