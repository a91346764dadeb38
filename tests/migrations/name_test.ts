import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { compareBytes, parseName } from "../../src/migrations/mod.ts";

Deno.test("parseName() cuts at the first underscore, as Atlas does", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["0001_create_x.sql", "0001", "create_x"],
    ["1.a_sub.up.sql", "1.a", "sub.up"],
    ["2.10.x-20_description.sql", "2.10.x-20", "description"],
    ["20240101000000.sql", "20240101000000", ""],
    ["0001_.sql", "0001", ""],
    ["_x.sql", "", "x"],
    ["0001_a.sql.sql", "0001", "a.sql"],
    ["0001_a", "0001", "a"],
    ["a.sql_b", "a.sql", "b"],
    [".sql", "", ""],
  ];
  for (const [file, version, description] of cases) {
    assert.deepEqual(parseName(file), { version, description }, file);
  }
});

Deno.test("compareBytes() orders as the bytes of UTF-8 do", () => {
  const character = fc.oneof(
    fc.constantFrom("a", "_", "0", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}", "é"),
    fc.integer({ min: 1, max: 0x10ffff }).filter((code) => code < 0xd800 || code > 0xdfff)
      .map((code) => String.fromCodePoint(code)),
  );
  const text = fc.array(character, { maxLength: 5 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, text, text, (common, a, b) => {
      const [left, right] = [common + a, common + b];
      assert.equal(
        Math.sign(compareBytes(left, right)),
        Buffer.compare(Buffer.from(left), Buffer.from(right)),
      );
    }),
    { numRuns: 300 },
  );
});

Deno.test("compareBytes() takes nothing for a number", () => {
  assert.deepEqual(
    ["2_y.sql", "1_a.sql", "10_x.sql", "1_A.sql", "1.sql"].sort(compareBytes),
    ["1.sql", "10_x.sql", "1_A.sql", "1_a.sql", "2_y.sql"],
  );
  assert.equal(compareBytes("0001", "0001"), 0);
});
