// deno-lint-ignore-file no-console -- how often each rule was hit is what this is for
import assert from "node:assert/strict";
import fc from "fast-check";
import { compareHeads, headOf } from "../harness/atlas_heads.ts";
import { assertSame } from "../harness/differential.ts";
import { HEAD_RULES } from "../harness/head_rules.ts";
import { headText } from "../harness/head_text.ts";
import { chooseTexts } from "../harness/rule_hits.ts";
import { seed } from "../harness/seed.ts";
import { loadVariant } from "../harness/splitter_variants.ts";
import { toolTest } from "../harness/tools.ts";

const MADE = 60_000;
const LEAST = 100;

toolTest("atlas", "readDirectives() reads as Atlas does; each rule a hundred times", async () => {
  const made = fc.sample(headText, { numRuns: MADE, seed });
  const variants = await Promise.all(
    Object.entries(HEAD_RULES).map(async ([rule, edits]) => {
      const reader = await loadVariant(edits);
      return { rule, answer: (text: string) => JSON.stringify(headOf(text, reader)) };
    }),
  );
  // A txmode that is refused costs a run of Atlas: these come last.
  const sorted = Map.groupBy(made, (text) => Array.isArray(headOf(text).txMode));
  const { texts, hits } = chooseTexts([...sorted.get(false) ?? [], ...sorted.get(true) ?? []], {
    variants,
    answer: (text) => JSON.stringify(headOf(text)),
    least: LEAST,
  });
  for (const [rule, count] of hits) {
    assert.ok(count >= LEAST, `"${rule}" is hit by ${count} of ${MADE} texts of seed ${seed}`);
  }
  const counts = await assertSame(texts, {
    compare: compareHeads,
    arbitrary: headText,
    seed,
    made: MADE,
  });
  console.log(`seed ${seed}: ${hits.size} rules, ${LEAST} hits each`, counts);
});
