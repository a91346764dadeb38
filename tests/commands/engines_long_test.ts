import assert from "node:assert/strict";
import fc from "fast-check";
import { stories } from "../harness/directory_stories.ts";
import { differencesIn } from "../harness/engine_differences.ts";
import { live, Tally } from "../harness/engine_runs.ts";
import { seed } from "../harness/seed.ts";
import { toolTest } from "../harness/tools.ts";

const STORIES = 150;

/** What must have occurred, and how often at least: each option, and each kind of failure. */
const OFTEN = 10;
const OCCUR: Readonly<Record<string, number>> = {
  "success": 100,
  "failure": 100,
  ...fill(OFTEN, "scheme", ["numbers", "stamps", "points", "dates", "bare"]),
  ...fill(2, "before", ["nothing", "function", "table", "schema"]),
  ...fill(OFTEN, "txMode", ["file", "all", "none"]),
  ...fill(OFTEN, "execOrder", ["linear", "linear-skip", "non-linear"]),
  ...fill(OFTEN, "turn of", ["atlas by hand", "atlas", "embedded"]),
  ...fill(OFTEN, "", ["amount", "baseline", "allowDirty", "dryRun"]),
  ...fill(2, "failed with", [
    "syntax error",
    "missing table",
    "division by zero",
    "unique violation",
    "deferred constraint",
    "raised",
    "concurrently in a transaction",
    "unclosed quote",
    "history changed",
    "not clean",
    "no such baseline",
    "baseline and dirty",
    "wrong directive",
    "missing migration",
  ]),
  ...fill(1, "failed with", ["out of order"]),
  ...fill(1, "difference", differencesIn("runs")),
};

toolTest(
  "atlas",
  `apply() leaves what Atlas leaves of any directory, and each goes on where the other stopped (${STORIES} stories)`,
  async () => {
    const tally = new Tally();
    const shards = [1, 2, 3];
    await Promise.all(
      shards.map((shard) =>
        fc.assert(fc.asyncProperty(stories, (story) => live(story, tally)), {
          seed: seed * 1000 + shard,
          numRuns: STORIES / shards.length,
          // Not the simplest first.
          unbiased: true,
        })
      ),
    );
    // By chance other stories may be of other things.
    if (seed !== 1) return;
    const missed = Object.entries(OCCUR).filter(([what, times]) => tally.of(what) < times);
    assert.deepEqual(missed.map(([what]) => `${what}: ${tally.of(what)} times`), []);
  },
);

function fill(times: number, what: string, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [`${what} ${name}`.trim(), times]));
}
