import assert from "node:assert/strict";
import fc from "fast-check";
import { startAtlasSplitter } from "../harness/atlas_splitter.ts";
import { assertSame } from "../harness/differential.ts";
import { differencesIn } from "../harness/engine_differences.ts";
import { seed } from "../harness/seed.ts";
import { compareSplits, splitOf, SPLITTING_DIFFERENCES } from "../harness/splitter_comparison.ts";
import { sqlFiles, variationsOf } from "../harness/sql_files.ts";
import { sqlText } from "../harness/sql_text.ts";
import { toolTest } from "../harness/tools.ts";

toolTest("atlas", "splitStatements() splits five hundred texts as Atlas does", async () => {
  await using atlas = await startAtlasSplitter();
  const made = fc.sample(sqlText, { numRuns: 500, seed });
  // Each refusal costs a run of Atlas.
  const refused = made.filter((text) => typeof splitOf(text) === "string").slice(15);
  const texts = [...new Set(made).difference(new Set(refused))];
  const counts = await assertSame(texts, {
    compare: (texts) => compareSplits(texts, atlas),
    arbitrary: sqlText,
    seed,
    made: made.length,
  });
  assert.ok((counts["same"] ?? 0) > 300);
});

toolTest("atlas", "splitStatements() splits dumps and files for psql as Atlas does", async () => {
  await using atlas = await startAtlasSplitter();
  const files = await sqlFiles();
  const texts = [...new Set(files.flatMap(variationsOf))];
  for (const [text, { ours, atlas: theirs }] of await compareSplits(texts, atlas)) {
    assert.deepEqual(ours, theirs, text.slice(0, 200));
  }
  assert.equal(files.length, 4);
});

toolTest(
  "atlas",
  "splitStatements() differs from Atlas where it should, and nowhere else",
  async () => {
    await using atlas = await startAtlasSplitter();
    assert.deepEqual(Object.keys(SPLITTING_DIFFERENCES), differencesIn("splitting"));
    for (const [name, { example }] of Object.entries(SPLITTING_DIFFERENCES)) {
      const { verdict } = (await compareSplits([example], atlas)).get(example) ?? {};
      assert.equal(verdict, name);
    }
  },
);
