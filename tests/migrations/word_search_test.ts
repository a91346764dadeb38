import assert from "node:assert/strict";
import fc from "fast-check";
import { WordSearch } from "../../src/migrations/word_search.ts";
import { piecesOf, smallSize } from "../harness/pieces.ts";

const PATTERN = /\b(?:reset|discard)\b|read_only/i;

Deno.test("WordSearch finds in pieces what the pattern finds in the whole", () => {
  const words = fc.constantFrom(
    ...["reset", "RESET", "xreset", "resets", "res", "et", "discard", "read_only", "xread_onlyx"],
    ...[" ", " ", "\n", ";", "x", "щ", " long ".repeat(30), "x".repeat(100)],
  );
  const text = fc.array(words, { maxLength: 8 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.oneof(smallSize, fc.constantFrom(63, 64, 65, 128)), (text, size) => {
      const search = new WordSearch(PATTERN);
      for (const piece of piecesOf(text, size)) search.read(piece);
      assert.equal(search.found, PATTERN.test(text), JSON.stringify(text));
    }),
    { numRuns: 3_000 },
  );
});
