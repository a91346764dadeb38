import assert from "node:assert/strict";
import fc from "fast-check";
import { MigrateError } from "../../src/errors.ts";
import { LAYERS } from "../../src/layers.ts";
import { atlas } from "../harness/atlas.ts";
import { readForeignKeys } from "../harness/catalog.ts";
import { type Checkout, createCheckout, generateIn } from "../harness/checkout.ts";
import { declarationOf, type Model, models } from "../harness/declared_model.ts";
import { createDatabase } from "../harness/postgres.ts";
import { applyPool, testEngines } from "../harness/run.ts";
import { seed } from "../harness/seed.ts";
import { toolTest } from "../harness/tools.ts";

toolTest(
  "atlas",
  "generate() leads from any declared schema to any other, with both engines",
  async () => {
    await fc.assert(
      fc.asyncProperty(models, models, async (first, second) => {
        await using checkout = await createCheckout();
        await declare(checkout, first);
        await generateIn(checkout, { name: "first" });
        await declare(checkout, second);
        try {
          await generateIn(checkout, { name: "second" });
        } catch (error) {
          // New below and needed above, old below and still used above: that takes two runs.
          if (!(error instanceof MigrateError) || error.code !== "still_used") throw error;
          // Another pair takes its place.
          fc.pre(false);
        }
        for (const use of testEngines) await leadsTo(checkout, { second, use });
        const before = await checkout.files();
        assert.deepEqual((await generateIn(checkout, { name: "third" })).files, []);
        assert.deepEqual(await checkout.files(), before);
      }),
      // Were most pairs refused, little would be shown.
      { numRuns: 15, maxSkipsPerRun: 1, endOnFailure: true, seed },
    );
  },
);

async function declare(checkout: Checkout, model: Model): Promise<void> {
  const texts = declarationOf(model);
  for (const layer of LAYERS) await checkout.declare(layer, texts[layer]);
}

/** Applying everything gives what is declared: Atlas' own `schema diff` finds nothing. */
async function leadsTo(
  checkout: Checkout,
  { second, use }: { readonly second: Model; readonly use: (typeof testEngines)[number] },
): Promise<void> {
  await using target = await createDatabase();
  await using wanted = await createDatabase();
  const report = await applyPool(target.database, await checkout.pool(), { use });
  assert.equal(report.error, undefined, report.error?.message);
  for (const { text } of (await checkout.pool()).migrations) {
    assert.doesNotMatch(text, /DROP SCHEMA/);
  }
  for (const text of Object.values(declarationOf(second))) await wanted.sql(text);
  assert.deepEqual(await readForeignKeys(target.sql), await readForeignKeys(wanted.sql));
  await target.sql("drop schema atlas_schema_revisions cascade");
  const url = (name: string) =>
    `postgres://postgres@${wanted.database.host}:${wanted.database.port}/${name}?sslmode=disable`;
  const diff = await atlas([
    ...["schema", "diff", "--format", "{{ sql . }}"],
    ...["--from", url(target.name), "--to", url(wanted.name)],
  ]);
  assert.equal(diff.code, 0, diff.stderr);
  assert.equal(diff.stdout.trim(), "");
}
