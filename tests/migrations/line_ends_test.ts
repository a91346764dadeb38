import assert from "node:assert/strict";
import fc from "fast-check";
import { withLineEnds } from "../../src/migrations/line_ends.ts";
import { computeSums, isSumIgnored, type SourceFile } from "../../src/migrations/mod.ts";
import { piecesOf, smallSize } from "../harness/pieces.ts";

Deno.test("withLineEnds() is the same in whatever pieces the file comes", () => {
  const part = fc.constantFrom("\r\n", "\n", "\r", "a", "щ😀", "-- atlas:sum ignore");
  fc.assert(fc.property(
    fc.array(part, { maxLength: 8 }),
    fc.constantFrom("\n", "\r\n"),
    smallSize,
    (parts, end, size) => {
      const text = parts.join("");
      const expected = text.replaceAll("\r\n", "\n").replaceAll("\n", end);
      const file: SourceFile = { name: "1.sql", text, texts: () => piecesOf(text, size) };
      const ended = withLineEnds(file, end);
      assert.equal(ended.text, expected);
      assert.equal(ended.sumIgnored, isSumIgnored(expected));
      assert.deepEqual(computeSums([ended]), computeSums([{ name: "1.sql", text: expected }]));
    },
  ));
});
