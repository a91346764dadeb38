import assert from "node:assert/strict";
import fc from "fast-check";
import {
  excerpt as excerptOf,
  LineCounter,
  lookUp,
  type Place,
} from "../../src/migrations/place.ts";
import { piecesOf, smallSize } from "../harness/pieces.ts";

function position(text: string, index: number): Place {
  return lookUp([text], index).place;
}

function excerpt(text: string, { column, line }: Place, width?: number): readonly string[] {
  const own = text.split("\n")[line - 1]?.replace(/\r$/, "") ?? "";
  return excerptOf(own, { line, caret: column - 1, ...(width === undefined ? {} : { width }) });
}

Deno.test("lookUp() counts lines and characters from 1", () => {
  const text = "ab\n\né😀c\r\n\tx";
  const cases: readonly (readonly [number, number, number])[] = [
    [0, 1, 1],
    [2, 1, 3],
    [3, 2, 1],
    [4, 3, 1],
    [5, 3, 2],
    [7, 3, 3],
    [9, 3, 5],
    [10, 4, 1],
    [11, 4, 2],
    [12, 4, 3],
  ];
  for (const [index, line, column] of cases) {
    assert.deepEqual(position(text, index), { line, column }, String(index));
  }
  assert.deepEqual(position("", 0), { line: 1, column: 1 });
});

Deno.test("lookUp() finds the place again from which an index was counted", () => {
  const line = fc.array(fc.constantFrom("a", "é", "😀", "\t", "\r"), { maxLength: 4 });
  fc.assert(fc.property(fc.array(line, { minLength: 1 }), fc.nat(), fc.nat(), (lines, l, c) => {
    const row = l % lines.length;
    const column = c % ((lines[row]?.length ?? 0) + 1);
    const before = [...lines.slice(0, row), lines[row]?.slice(0, column) ?? []];
    const index = before.map((characters) => characters.join("")).join("\n").length;
    const text = lines.map((characters) => characters.join("")).join("\n");
    assert.deepEqual(position(text, index), { line: row + 1, column: column + 1 });
  }));
});

Deno.test("excerpt() sets a caret below the place", () => {
  const cases: readonly (readonly [string, number, number, readonly string[]])[] = [
    ["select 1;", 1, 8, ["1 | select 1;", "  |        ^"]],
    ["a\n\tselect x;\nb", 2, 9, ["2 | \tselect x;", "  | \t       ^"]],
    ["'漢字' x", 1, 6, ["1 | '漢字' x", "  |        ^"]],
    ["'e\u0301' x", 1, 6, ["1 | 'e\u0301' x", "  |     ^"]],
    ["a\r\nbc\r\n", 2, 2, ["2 | bc", "  |  ^"]],
    ["abc", 1, 4, ["1 | abc", "  |    ^"]],
    ["", 1, 1, ["1 | ", "  | ^"]],
    ["\nabc", 1, 1, ["1 | ", "  | ^"]],
    ["abc\n", 2, 1, ["2 | ", "  | ^"]],
    // A place beyond the line stands at its end, one beyond the text in an empty line.
    ["abc\ndef", 1, 99, ["1 | abc", "  |    ^"]],
    ["abc", 7, 3, ["7 | ", "  | ^"]],
    [`${"\n".repeat(99)}x`, 100, 1, ["100 | x", "    | ^"]],
  ];
  for (const [text, line, column, expected] of cases) {
    assert.deepEqual(excerpt(text, { line, column }), expected, JSON.stringify(text));
  }
});

Deno.test("excerpt() cuts a long line around the place", () => {
  const text = "0123456789";
  assert.deepEqual(excerpt(text, { line: 1, column: 1 }, 4), ["1 | 0123…", "  | ^"]);
  assert.deepEqual(excerpt(text, { line: 1, column: 4 }, 4), ["1 | 0123…", "  |    ^"]);
  assert.deepEqual(excerpt(text, { line: 1, column: 5 }, 4), ["1 | …2345…", "  |    ^"]);
  assert.deepEqual(excerpt(text, { line: 1, column: 9 }, 4), ["1 | …6789", "  |    ^"]);
  assert.deepEqual(excerpt(text, { line: 1, column: 11 }, 4), ["1 | …89", "  |    ^"]);
  assert.deepEqual(excerpt(text, { line: 1, column: 5 }, 10), [`1 | ${text}`, "  |     ^"]);
  // Wide characters count for two, tabs for what they can take at most.
  assert.deepEqual(excerpt("\t\t\tx", { line: 1, column: 4 }, 16), ["1 | …\tx", "  |  \t^"]);
  assert.deepEqual(excerpt("漢字漢字", { line: 1, column: 1 }, 4), ["1 | 漢字…", "  | ^"]);
  assert.deepEqual(excerpt("漢字漢字", { line: 1, column: 4 }, 4), ["1 | …漢字", "  |    ^"]);
});

Deno.test("excerpt() shows what would move the cursor as a picture of it", () => {
  assert.deepEqual(
    excerpt("a\rb\x1b[31m\x7f\x85;", { line: 1, column: 11 }),
    ["1 | a␍b␛[31m␡\ufffd;", "  |           ^"],
  );
});

// Characters with the columns that a terminal gives them.
const WIDTHS: ReadonlyMap<string, number> = new Map([
  ...["a", "é", "ß", "Ж", "ﾊ", "ﾡ", "€", "←", "½"].map((char) => [char, 1] as const),
  ...["漢", "あ", "カ", "한", "ー", "。", "「", "　", "Ａ", "￥", "😀", "⌚", "🇦"]
    .map((char) => [char, 2] as const),
  ...["\u0301", "\u0e34", "\u20dd", "\u200b", "\u200d", "\ufe0f"].map((char) => [char, 0] as const),
]);

/** The column in which a text ends, on a terminal with a tab stop at every eighth. */
function columnAfter(text: string): number {
  let column = 0;
  for (const char of text) {
    column = char === "\t" ? (Math.floor(column / 8) + 1) * 8 : column + (WIDTHS.get(char) ?? 1);
  }
  return column;
}

const filler = fc.array(fc.constantFrom(...WIDTHS.keys(), "\t", " ", "x"), { maxLength: 60 });
const lines = fc.array(fc.constantFrom("", "漢", "a\r"), { maxLength: 12 });

Deno.test("excerpt() keeps the caret below its character, whatever stands before it", () => {
  fc.assert(
    fc.property(lines, filler, filler, fc.integer({ min: 1, max: 40 }), (above, a, b, width) => {
      const text = [...above, `${a.join("")}§${b.join("")}`, "below"].join("\n");
      const place = { line: above.length + 1, column: a.length + 1 };
      const [shown = "", caret = ""] = excerpt(text, place, width);
      assert.ok(shown.includes("§"), shown);
      assert.equal(
        columnAfter(shown.slice(0, shown.indexOf("§"))),
        columnAfter(caret.slice(0, -1)),
      );
      assert.ok(caret.endsWith("^"));
    }),
    { numRuns: 300 },
  );
});

Deno.test("excerpt() is no wider than asked for, but for its marks", () => {
  const noTabs = filler.map((parts) => parts.filter((part) => part !== "\t"));
  fc.assert(
    fc.property(noTabs, noTabs, fc.integer({ min: 4, max: 40 }), (a, b, width) => {
      const place = { line: 1, column: a.length + 1 };
      for (const line of excerpt(`${a.join("")}§${b.join("")}`, place, width)) {
        assert.ok(columnAfter(line) <= "1 | …".length + width + "…".length, line);
      }
    }),
  );
});

Deno.test("lookUp() and LineCounter tell the same of a text in pieces and of it whole", () => {
  const text = fc.array(
    fc.oneof(
      fc.constantFrom("a", "é", "😀", "\t", "\r", "\n", "\r\n", "漢"),
      fc.nat(90).map((length) => "long ".repeat(length)),
    ),
    { maxLength: 12 },
  ).map((parts) => parts.join(""));
  fc.assert(fc.property(text, fc.nat(), smallSize, (text, place, size) => {
    const index = place % (text.length + 2);
    const whole = position(text, index);
    assert.deepEqual(lookUp(piecesOf(text, size), index), {
      place: whole,
      excerpt: excerpt(text, whole),
    });
    const counter = new LineCounter(piecesOf(text, size));
    for (let at = index % 3; at <= text.length; at += 1 + index % 5) {
      assert.equal(counter.lineAt(at), position(text, at).line);
    }
  }));
});

Deno.test("lookUp() tells of a place in a line that is too long to be held", () => {
  const text = `a\n${"😀".repeat(50_000)}x${"щ".repeat(50_000)}\r\nb`;
  for (const index of [2, 6, 2_002, 100_002, 100_003, 120_000, 150_003, 150_004]) {
    const whole = position(text, index);
    assert.deepEqual(lookUp(piecesOf(text, 1_000), index), {
      place: whole,
      excerpt: excerpt(text, whole),
    });
  }
});
