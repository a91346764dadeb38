import assert from "node:assert/strict";
import { MigrateError } from "../../src/errors.ts";
import { splitStatements, statementHashes } from "../../src/migrations/mod.ts";

function split(text: string): readonly string[] {
  return splitStatements(text, { file: "x.sql" }).map((statement) => statement.text);
}

// From Atlas' own scanner; splitter_test.ts and splitter_long_test.ts compare with the real one.
const CASES: readonly (readonly [string, readonly string[]])[] = [
  ["SELECT 1", ["SELECT 1"]],
  [";;", [";", ";"]],
  ["-- a\n/* b */\n", []],
  ["SELECT 1;\n-- bye", ["SELECT 1;", "-- bye"]],
  ["SELECT 1 -- eof; x", ["SELECT 1 -- eof;", "x"]],
  ["-- c1\n\n-- c2\n/* c3 */\nSELECT 1; -- tail\nSELECT 2;", ["SELECT 1;", "SELECT 2;"]],
  ["SELECT 1 -- x;y\n, 2;", ["SELECT 1 -- x;y\n, 2;"]],
  ["/* a /* b */ c */ SELECT 1;", ["c */ SELECT 1;"]],
  ["SELECT foo$bar$baz; SELECT 2;", ["SELECT foo$bar$baz; SELECT 2;"]],
  ["DO $$ BEGIN; SELECT 1;", ["DO $$ BEGIN; SELECT 1;"]],
  ["BEGIN;\nSELECT 1;\nCOMMIT;", ["BEGIN;", "SELECT 1;", "COMMIT;"]],
  ["BEGIN TRANSACTION;\nSELECT 1;\nCOMMIT;", ["BEGIN TRANSACTION;", "SELECT 1;", "COMMIT;"]],
  [
    "BEGIN TRANSACTION;\nSELECT 1;\nEND;\nSELECT 2;",
    ["BEGIN TRANSACTION;\nSELECT 1;\nEND;", "SELECT 2;"],
  ],
  [
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3;",
    ["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;", "SELECT 3;"],
  ],
  ["COPY t FROM stdin;\n1\tfoo\n\\.\nSELECT 1;", ["COPY t FROM stdin;", "1\tfoo\n\\.\nSELECT 1;"]],
  ["# x;\nSELECT 1;", ["# x;", "SELECT 1;"]],
  ["(1;2); 3", ["(1;2);", "3"]],
  ["SELECT $a$ ; $b$ ; $a$; 2", ["SELECT $a$ ; $b$ ; $a$;", "2"]],
  ["SELECT $1; 2", ["SELECT $1;", "2"]],
  ["-- atlas:delimiter \\n\\n\nSELECT 1;\nSELECT 2;\n\n\nSELECT 3", [
    "SELECT 1;\nSELECT 2;",
    "SELECT 3",
  ]],
  ["DELIMITER //\nSELECT 1; SELECT 2//\nDELIMITER ;\nSELECT 3;", [
    "SELECT 1; SELECT 2",
    "SELECT 3;",
  ]],
  ["delimiter ';;'\nA;B;; C", ["A;B", "C"]],
  // Of nothing but spaces the last is the argument.
  ["-- atlas:delimiter   \nSELECT 1; 2", ["SELECT", "1;", "2"]],
  ["DELIMITER E\nxEDELIMITER//E", ["x", "DELIMITER//"]],
  ["DELIMITER E\nDELIMITER", ["D", "LIMIT", "R"]],
  // A directive inside a block is not counted as read, and what is counted are bytes.
  ["BEGIN ATOMIC -- atlas:delimiter //\nEND if; select 1234567; a", [
    "BEGIN ATOMIC -- atlas:delimiter //\nEND",
    "if;",
    "select 1234567;",
    "a",
  ]],
  ["BEGIN ATOMIC -- atlas:delimiter é\néENDé; a;", [
    "BEGIN ATOMIC -- atla",
    "s:delimiter é\néENDé;",
    "a;",
  ]],
  ["\u0085SELECT 1;\u3000", ["SELECT 1;"]],
  ["\ufeffSELECT 1;", ["\ufeffSELECT 1;"]],
  ["SELECT 1;\r\nSELECT 2;\r\n", ["SELECT 1;", "SELECT 2;"]],
];

for (const [text, statements] of CASES) {
  Deno.test(`splitStatements() splits ${JSON.stringify(text)}`, () => {
    assert.deepEqual(split(text), statements);
  });
}

Deno.test("splitStatements() says where something is not closed", () => {
  const cases: readonly (readonly [string, number, number])[] = [
    ["SELECT 'x", 1, 8],
    ["SELECT 1;\n-- don't", 2, 7],
    ["SELECT E'it\\'s; ok'; SELECT 2;", 1, 19],
    ["a;\nb (c (d)", 2, 3],
    ["a\n)", 2, 1],
    ["SELECT `; SELECT 2;", 1, 8],
  ];
  for (const [text, line, column] of cases) {
    assert.throws(() => split(text), (error) => {
      assert.ok(error instanceof MigrateError);
      assert.equal(error.code, "statement_syntax");
      assert.deepEqual([error.data["line"], error.data["column"]], [line, column], text);
      return true;
    });
  }
});

Deno.test("splitStatements() gives offsets at which the texts stand", () => {
  const text = "-- note\n\n  SELECT 1;\n\t/* x */ SELECT\n2 ;  ";
  for (const { offset, text: statement } of splitStatements(text, { file: "x" })) {
    assert.equal(text.slice(offset, offset + statement.length), statement);
  }
});

Deno.test("splitStatements() comes to an end whatever begins and does not end", () => {
  // Tried anew at each level, forty of the first would be a trillion; calls go some thousands deep.
  assert.equal(split("BEGIN x ".repeat(20_000)).length, 1);
  assert.equal(split("x BEGIN a; b; ".repeat(20_000)).length, 40_000);
  assert.equal(split(`${"BEGIN a; ".repeat(20_000)}${"END; ".repeat(20_000)}`).length, 1);
  assert.equal(split("/* ".repeat(300_000)).length, 1);
  assert.equal(split("-- ".repeat(300_000)).length, 1);
});

Deno.test("statementHashes() are cumulative", () => {
  assert.deepEqual(statementHashes(["SELECT 2;", "SELECT 3;"]), [
    "h1:jnAD1i+djL0o2i8kO7DSFb/UYixxa+Cb6JqHZNn0x8s=",
    "h1:2rsLyoODbUKdLm7/RGEzK32DeyrLV14TaRtl3YGa+FM=",
  ]);
});
