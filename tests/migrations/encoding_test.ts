import assert from "node:assert/strict";
import fc from "fast-check";
import { checkText } from "../../src/migrations/mod.ts";
import { refusalOf } from "../harness/refusal.ts";

function bytes(...parts: readonly (string | number)[]): Uint8Array {
  return new Uint8Array(
    parts.flatMap((part) =>
      typeof part === "number" ? [part] : [...new TextEncoder().encode(part)]
    ),
  );
}

const FAULTS: readonly (readonly [string, Uint8Array, number, RegExp])[] = [
  ["a byte order mark", bytes(0xef, 0xbb, 0xbf, "select 1;"), 0, /byte order mark at byte 0/],
  ["nothing but a byte order mark", bytes(0xef, 0xbb, 0xbf), 0, /byte order mark/],
  ["a NUL", bytes("select 'é", 0, "';"), 10, /NUL at byte 10/],
  ["a NUL at the start", bytes(0), 0, /NUL at byte 0/],
  ["a byte of Latin 1", bytes("é = ", 0xe9, " ?"), 5, /not valid UTF-8 at byte 5/],
  ["a continuation alone", bytes("a", 0x80), 1, /UTF-8/],
  ["a character cut short by another", bytes("ab", 0xe2, 0x82, "c"), 2, /UTF-8/],
  ["a character cut short by the end", bytes("abc", 0xf0, 0x9f, 0x98), 3, /UTF-8/],
  ["a lead byte at the end", bytes("é", 0xc3), 2, /UTF-8/],
  ["a half byte order mark", bytes("a", 0xef, 0xbb, "b"), 1, /UTF-8/],
  ["a half replacement character", bytes("\ufffd", 0xef, 0xbf), 3, /UTF-8/],
  ["an overlong form", bytes("a", 0xc0, 0xaf), 1, /UTF-8/],
  ["half of a surrogate pair", bytes("ab", 0xed, 0xa0, 0x80), 2, /UTF-8/],
  ["what is above Unicode", bytes("ab", 0xf4, 0x90, 0x80, 0x80), 2, /UTF-8/],
  ["the first of two faults", bytes("é", 0xff, "é", 0xfe), 2, /UTF-8/],
];

for (const [what, content, offset, message] of FAULTS) {
  Deno.test(`checkText() refuses ${what} and says where`, () => {
    const error = refusalOf(() => checkText(content, "m/0001_a.sql"));
    assert.equal(error.code, "migration_encoding");
    assert.deepEqual(error.data, { file: "m/0001_a.sql", offset });
    assert.match(error.message, message);
    assert.match(error.message, /"m\/0001_a\.sql"/);
  });
}

const text = fc.string({ unit: "binary" }).filter((text) =>
  !text.includes("\0") && !text.startsWith("\ufeff") && text.isWellFormed()
);

Deno.test("checkText() gives back any text that may be bundled, to the letter", () => {
  fc.assert(fc.property(text, (text) => {
    assert.equal(checkText(new TextEncoder().encode(text), "x"), text);
  }));
  assert.equal(checkText(bytes("a\ufeffb\ufffd\r\n"), "x"), "a\ufeffb\ufffd\r\n");
});

Deno.test("checkText() points to the first byte that belongs to no character", () => {
  // None of these can go on a character that the text before has begun.
  const wrong = fc.constantFrom([0xff], [0xc0], [0xe9, 0x20], [0xf0, 0x9f], [0x80], [0xed, 0xb0]);
  const bytesOf = fc.uint8Array({ maxLength: 9 }).map((tail) => tail.filter((byte) => byte > 0));
  fc.assert(fc.property(text, wrong, bytesOf, (head, fault, tail) => {
    const before = new TextEncoder().encode(head);
    // What follows may complete the character.
    const rest = fault.at(-1) === 0x9f ? [] : [...tail];
    const error = refusalOf(() => checkText(new Uint8Array([...before, ...fault, ...rest]), "x"));
    assert.equal(error.data["offset"], before.length);
  }));
});
