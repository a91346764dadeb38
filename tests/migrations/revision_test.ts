import assert from "node:assert/strict";
import { isPartial } from "../../src/migrations/mod.ts";
import { migrationOf, poolOfVersions, rowOf } from "../harness/pool.ts";

Deno.test("isPartial() compares the counts alone, whatever type and error say", () => {
  const row = (changes: Parameters<typeof rowOf>[1]) =>
    rowOf(migrationOf(poolOfVersions("0001"), "0001"), changes);
  assert.equal(isPartial(row({ applied: 3, total: 3, error: "once" })), false);
  assert.equal(isPartial(row({ applied: 0, total: 0, type: 1 })), false);
  assert.equal(isPartial(row({ applied: 0, total: 1 })), true);
  assert.equal(isPartial(row({ applied: 1, total: 2, type: 6 })), true);
  // Atlas leaves the old total when a repaired file has more statements.
  assert.equal(isPartial(row({ applied: 3, total: 2 })), true);
});
