import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { statementHashes } from "../../src/migrations/mod.ts";

Deno.test("statementHashes() hash the texts up to each, with nothing between", () => {
  // From Atlas' own tables.
  const hashes = [
    "h1:jnAD1i+djL0o2i8kO7DSFb/UYixxa+Cb6JqHZNn0x8s=",
    "h1:2rsLyoODbUKdLm7/RGEzK32DeyrLV14TaRtl3YGa+FM=",
  ];
  assert.deepEqual(statementHashes(["SELECT 2;", "SELECT 3;"]), hashes);
  assert.deepEqual(statementHashes(["SELECT ", "2;", "SELECT 3;"]).slice(1), hashes);
  assert.deepEqual(statementHashes([]), []);
});

Deno.test("statementHashes() hash UTF-8", () => {
  const text = "select 'é😀\ufeff';";
  const expected = createHash("sha256").update(new TextEncoder().encode(text)).digest("base64");
  assert.deepEqual(statementHashes([text]), [`h1:${expected}`]);
});
