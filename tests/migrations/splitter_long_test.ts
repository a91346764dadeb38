// deno-lint-ignore-file no-console -- how often each rule was hit is what this is for
import assert from "node:assert/strict";
import fc from "fast-check";
import { startAtlasSplitter } from "../harness/atlas_splitter.ts";
import { assertSame } from "../harness/differential.ts";
import { chooseTexts } from "../harness/rule_hits.ts";
import { seed } from "../harness/seed.ts";
import { compareSplits, kindOf, REFUSALS, splitOf } from "../harness/splitter_comparison.ts";
import { SPLITTER_RULES } from "../harness/splitter_rules.ts";
import { loadVariant } from "../harness/splitter_variants.ts";
import { serverFiles, variationsOf } from "../harness/sql_files.ts";
import { sqlText } from "../harness/sql_text.ts";
import { toolTest } from "../harness/tools.ts";

const MADE = 120_000;
const LEAST = 100;
/** How many of the chosen texts may turn out to be known differences, which show no rule. */
const KNOWN = 20;

toolTest(
  "atlas",
  "splitStatements() splits as Atlas does; each rule and each refusal a hundred times",
  async () => {
    const made = fc.sample(sqlText, { numRuns: MADE, seed });
    const answer = (text: string) => JSON.stringify(splitOf(text));
    const variants = await Promise.all(
      Object.entries(SPLITTER_RULES).map(async ([rule, edits]) => {
        const splitter = await loadVariant(edits);
        return { rule, answer: (text: string) => JSON.stringify(splitOf(text, splitter)) };
      }),
    );
    const refusals = REFUSALS.map((kind) => ({
      rule: kind,
      answer: (text: string) => {
        const split = splitOf(text);
        return typeof split === "string" && kindOf(split) === kind ? "" : JSON.stringify(split);
      },
    }));
    // A text that is refused costs a run of Atlas: these come last.
    const sorted = Map.groupBy(made, (text) => typeof splitOf(text));
    const { texts, hits } = chooseTexts(
      [...sorted.get("object") ?? [], ...sorted.get("string") ?? []],
      { variants: [...variants, ...refusals], answer, least: LEAST + KNOWN },
    );
    for (const [rule, count] of hits) {
      assert.ok(
        count >= LEAST + KNOWN,
        `"${rule}" is hit by ${count} of ${MADE} texts of seed ${seed}`,
      );
    }
    await using atlas = await startAtlasSplitter(2);
    const counts = await assertSame(texts, {
      compare: (texts) => compareSplits(texts, atlas),
      arbitrary: sqlText,
      seed,
      made: MADE,
    });
    assert.ok(texts.length - (counts["same"] ?? 0) <= KNOWN, JSON.stringify(counts));
    console.log(`seed ${seed}: ${hits.size} rules and refusals, ${LEAST} hits each`, counts);
  },
);

toolTest("atlas", "splitStatements() splits the SQL of a server as Atlas does", async () => {
  await using atlas = await startAtlasSplitter(2);
  const files = await serverFiles();
  assert.ok(files.length > 30);
  const texts = [...new Set(files.flatMap(variationsOf))];
  for (const [text, { ours, atlas: theirs }] of await compareSplits(texts, atlas)) {
    assert.deepEqual(ours, theirs, text.slice(0, 200));
  }
});
