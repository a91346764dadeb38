import assert from "node:assert/strict";
import fc from "fast-check";
import { computeSums } from "../../src/migrations/mod.ts";
import { SumChain } from "../../src/migrations/sum_chain.ts";

Deno.test("SumChain.hashOf() gives what computeSums() gives, whatever was hashed before", () => {
  const files = Array.from({ length: 6 }, (_, i) => ({ name: `${i}_x.sql`, text: `select ${i};` }));
  const lists = fc.array(fc.subarray(files), { maxLength: 8 });
  fc.assert(fc.property(lists, (lists) => {
    const chain = new SumChain();
    for (const list of lists) {
      assert.equal(chain.hashOf(list), computeSums(list).entries.at(-1)?.hash);
    }
  }));
});
