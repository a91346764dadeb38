import assert from "node:assert/strict";
import fc from "fast-check";
import { Statements } from "../../src/migrations/mod.ts";
import { piecesOf } from "../harness/pieces.ts";
import { seed } from "../harness/seed.ts";
import { sqlFiles, variationsOf } from "../harness/sql_files.ts";
import { assertSplitsAlike, splitsAlike } from "../harness/windowed.ts";

Deno.test("Statements are the same in whatever window and pieces", () => {
  fc.assert(splitsAlike, { numRuns: 3_000, seed });
});

Deno.test("Statements are the same where something is cut at any place", () => {
  for (
    const text of [
      "a; -- c\n/* c */ b; -- d",
      "-- atlas:delimiter //\na//b//",
      "-- atlas:delimiter \\n\\n\na\n\nb\n",
      "-- atlas:delimiter",
      "a; DELIMITER $b\nx$b y$bDELIMITER ;\nz;",
      "DELIMITER b\nx $abb$ abab $ab; $b y b",
      "DELIMITER b\na long statement $abb$ x $abb$ y b",
      "DELIMITER $x$b\na long statement $x$ a $x$b c",
      "x BEGIN ATOMIC a; b; END; c; x BEGIN ATOMIC\t\nd; x BEGIN e; END; f;",
      "a long statement BEGIN ATOMIC a; END; b; a long statement xBEGIN  \n ATOMIC\tEND x; c",
      "a long statement xBEGIN ATOMIC a; END x;b;a long statement BEGIN ATOMIC END;c",
      "BEGIN  \n ATOMIC  END ; a; BEGIN; b; BEGIN  ",
      "do $x$ a; $x$; do $$ b; $$; do $y$ c;",
      "a (b; c); d (e",
      "a; b); c",
      "a 'b;' c; d \"e;\" `f;`; g 'h",
      "a;\u0085 \u3000b;\ufeff c;😀; 'ё😀;';",
      "a /* b; c; d",
      "a -- b; c",
      "  \n ; ;; ",
      "",
    ]
  ) {
    for (let piece = 1; piece <= text.length + 1; piece++) {
      for (const window of [1, 2, 5, piece]) assertSplitsAlike(text, { piece, window });
    }
  }
});

Deno.test("Statements of dumps and files for psql are the same in a window", async () => {
  for (const text of (await sqlFiles()).flatMap(variationsOf)) {
    assertSplitsAlike(text, { piece: 700, window: 500 });
  }
});

Deno.test("Statements hold no more of a text than a window and what a statement needs", () => {
  const longest = `insert into a values ('${"щ".repeat(3_000)}');\n`;
  let read = 0;
  const texts = function* () {
    for (let i = 0; i < 2_000; i++) {
      for (const piece of piecesOf(i % 100 === 0 ? longest : "select 'щ'; -- c\n", 100)) {
        read += piece.length;
        yield piece;
      }
    }
  };
  let furthest = 0;
  const statements = new Statements(texts, { file: "x", window: 1_000 });
  for (const { offset } of statements) furthest = Math.max(furthest, read - offset);
  assert.equal(statements.length, 2_000);
  assert.ok(furthest < 5 * longest.length, `${furthest} of ${read}`);
});

Deno.test("Statements are found in a time that grows with the text, however far a block reaches", () => {
  // Each block is looked for up to the end, and there is none.
  const text = "x begin a; b; ".repeat(20_000);
  let read = 0;
  const texts = function* () {
    for (const piece of piecesOf(text, 1_000)) {
      read += piece.length;
      yield piece;
    }
  };
  assert.equal(new Statements(texts, { file: "x", window: 1_000 }).length, 40_000);
  assert.equal(read, text.length);
});
