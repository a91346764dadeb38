import assert from "node:assert/strict";
import fc from "fast-check";
import { checkResume, statementHashes } from "../../src/migrations/mod.ts";
import { migrationOf, poolOfVersions, rowOf } from "../harness/pool.ts";
import { refusalOf } from "../harness/refusal.ts";

const MIGRATION = migrationOf(poolOfVersions("0001"), "0001");

/** Checks new statements against a row that was left after `applied` of the old ones. */
function resume(old: readonly string[], applied: number, now: readonly string[]): void {
  const partialHashes = statementHashes(old).slice(0, applied);
  const row = rowOf(MIGRATION, { applied, total: old.length, partialHashes });
  checkResume(MIGRATION, row, statementHashes(now));
}

Deno.test("checkResume() lets what was not executed change", () => {
  resume(["a", "b", "c"], 2, ["a", "b", "c"]);
  resume(["a", "b", "c"], 2, ["a", "b", "x", "y"]);
  resume(["a", "b", "c"], 2, ["a", "b"]);
  resume(["a", "b", "c"], 0, []);
});

Deno.test("checkResume() names the first executed statement that is another", () => {
  const cases: readonly (readonly [readonly string[], number])[] = [
    [["x", "b", "c"], 1],
    [["a", "x", "c"], 2],
    [["b", "a", "c"], 1],
    [["a"], 2],
    [[], 1],
    [["", "a", "b"], 1],
  ];
  for (const [now, statement] of cases) {
    const error = refusalOf(() => resume(["a", "b", "c"], 2, now));
    assert.equal(error.code, "history_changed");
    assert.deepEqual(error.data, {
      file: "migrations/bronze/0001_x.sql",
      version: "0001",
      statement,
    });
    assert.match(error.message, new RegExp(`"0001_x\\.sql": statement ${statement} has been`));
  }
});

Deno.test("checkResume() takes missing hashes for a change", () => {
  const row = rowOf(MIGRATION, { applied: 2, total: 3, partialHashes: statementHashes(["a"]) });
  const error = refusalOf(() => checkResume(MIGRATION, row, statementHashes(["a", "b"])));
  assert.equal(error.data["statement"], 2);
});

Deno.test("checkResume() refuses exactly when an executed statement is another", () => {
  const texts = fc.array(fc.constantFrom("a", "b", "ab"), { minLength: 1, maxLength: 5 });
  fc.assert(fc.property(texts, texts, fc.nat({ max: 5 }), (old, now, count) => {
    const applied = Math.min(count, old.length);
    const first = old.slice(0, applied).findIndex((_, i) =>
      // The hashes run over the texts without a mark between them.
      now.length <= i || old.slice(0, i + 1).join("") !== now.slice(0, i + 1).join("")
    );
    if (first < 0) return resume(old, applied, now);
    assert.equal(refusalOf(() => resume(old, applied, now)).data["statement"], first + 1);
  }));
});
