import assert from "node:assert/strict";
import fc from "fast-check";
import { type Files, follow, followLayers, layeredFiles, runsOver } from "./layered.ts";
import { testEngines } from "./run.ts";

/** Step by step, with any engine at any step, leads where a fresh run leads. */
export async function checkSteps(numRuns: number): Promise<void> {
  const history = layeredFiles.chain((files) => runsOver(files).map((runs) => ({ files, runs })));
  await fc.assert(
    fc.asyncProperty(history, async ({ files, runs }) => {
      assert.deepEqual(await follow(files, runs), await fresh(files));
    }),
    { numRuns },
  );
}

/** What per-layer runs of Atlas left is finished rightly or refused, never skipped. */
export async function checkLayers(numRuns: number): Promise<void> {
  const history = layeredFiles.chain((files) =>
    fc.record({
      files: fc.constant(files),
      known: fc.uniqueArray(fc.integer({ min: 1, max: Object.keys(files).length }), {
        minLength: 1,
        maxLength: 3,
      }).map((numbers) => numbers.toSorted((a, b) => a - b)),
      engine: fc.constantFrom(...testEngines),
    })
  );
  let finished = 0;
  await fc.assert(
    fc.asyncProperty(history, async ({ engine, files, known }) => {
      const state = await followLayers(files, { known, engine });
      if (state === "out_of_order") return;
      finished++;
      assert.deepEqual(state, (await fresh(files)).state);
    }),
    { numRuns },
  );
  // A few histories may all be refused by chance.
  assert.ok(finished > 0 || numRuns < 50, "every history was refused: this shows nothing");
}

async function fresh(files: Files): Promise<{ readonly state: unknown }> {
  const runs = [{ known: Infinity, amount: undefined, engine: "embedded" }] as const;
  return await follow(files, runs) as { readonly state: unknown };
}
