import assert from "node:assert/strict";
import fc from "fast-check";
import { overDatabases } from "../../src/commands/over_databases.ts";

/** Lets others go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

const NEVER = new AbortController().signal;

Deno.test("overDatabases() does each once, in order, never more at once than asked", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ turns: fc.nat(3), fails: fc.boolean() }), { maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      async (works, jobs) => {
        const begun: number[] = [];
        let atOnce = 0;
        const endings = await overDatabases<number, number>(works.map((_, i) => i), {
          jobs,
          failFast: false,
          signal: NEVER,
          hasFailed: () => false,
          work: async (i) => {
            begun.push(i);
            assert.ok(++atOnce <= jobs);
            for (let turns = works[i]?.turns ?? 0; turns > 0; turns--) await turn();
            atOnce--;
            if (works[i]?.fails) throw new Error(`no ${i}`);
            return i * 2;
          },
        });
        assert.deepEqual(begun, works.map((_, i) => i));
        endings.forEach((ending, i) => {
          assert.equal(ending.database, i);
          assert.equal(ending.state, works[i]?.fails ? "threw" : "ended");
          if (ending.state === "ended") assert.equal(ending.result, i * 2);
        });
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("overDatabases() begins no more once one has failed, if asked, and tells those at work", async () => {
  for (const how of ["throws", "returns"]) {
    let told = false;
    const ended: string[] = [];
    const endings = await overDatabases<string, string>(["bad", "slow", "later", "last"], {
      jobs: 2,
      failFast: true,
      signal: NEVER,
      hasFailed: (result) => result === "failed",
      onEnd: ({ database, state }) => ended.push(`${database} ${state}`),
      work: async (name, enough) => {
        if (name === "bad") {
          if (how === "throws") throw new Error("no");
          return "failed";
        }
        while (!enough.aborted) await turn();
        told = true;
        return "stopped";
      },
    });
    assert.ok(told);
    assert.deepEqual(endings.map(({ state }) => state), [
      how === "throws" ? "threw" : "ended",
      "ended",
      "skipped",
      "skipped",
    ]);
    assert.equal(ended.length, 4);
  }
});

Deno.test("overDatabases() begins no more once the program is told to stop", async () => {
  const stop = new AbortController();
  const endings = await overDatabases<number, void>([1, 2, 3], {
    jobs: 1,
    failFast: false,
    signal: stop.signal,
    hasFailed: () => false,
    work: async (n) => {
      await turn();
      if (n === 2) stop.abort();
    },
  });
  assert.deepEqual(endings.map(({ state }) => state), ["ended", "ended", "skipped"]);
});
