import assert from "node:assert/strict";
import fc from "fast-check";
import { commandsIn, firstWords } from "../../src/migrations/mod.ts";
import { isPipelinable } from "../harness/pipelinable.ts";
import { seed } from "../harness/seed.ts";
import { transactionText } from "../harness/transaction_text.ts";

function commands(text: string): readonly string[] {
  return [...commandsIn(text)].map((at) => firstWords(text, at, 2));
}

// What PostgreSQL makes of it; transaction_control_long_test.ts asks it.
const CASES: readonly (readonly [string, readonly string[]])[] = [
  ["", []],
  [" ;; -- x\n;/* ; */", []],
  ["select 1;", ["select"]],
  ["select a; update t set x = 1", ["select a", "update t"]],
  ["/* a /* b; */ c; */ select a", ["select a"]],
  ["-- a\rselect b; -- c;\n;commit", ["select b", "commit"]],
  ["select 'a;''b;'; commit", ["select", "commit"]],
  ["select E'\\'; commit'; x", ["select e", "x"]],
  ["select E'a'\n'\\'; b'; x", ["select e", "x"]],
  ["select xE'\\'; commit; select '", ["select xe", "commit", "select"]],
  ['select "a;b" from t; x', ["select", "x"]],
  ["select $a$ ; $b$ ; $a$; x", ["select", "x"]],
  ["select a$b$; x; $b$", ["select a", "x", ""]],
  ["select $1$a$;$a$; x", ["select", "x"]],
  ["create rule r as on insert to t do (select 1; select 2); x", ["create rule", "x"]],
  ["create function f() begin atomic a; select case when b then c end; end; x", [
    "create function",
    "x",
  ]],
  ["select begin atomic; commit", ["select begin", "commit"]],
  ["select 'a; b", ["select"]],
];

for (const [text, expected] of CASES) {
  Deno.test(`commandsIn() finds the commands of ${JSON.stringify(text)}`, () => {
    assert.deepEqual(commands(text), expected);
  });
}

Deno.test("isPipelinable() never lets a command go ahead that ends a transaction", () => {
  fc.assert(
    fc.property(transactionText, (text) => {
      fc.pre(isPipelinable(text, [{ text, offset: 0 }]));
      const ends = /^(?:begin|start|commit|end|abort|rollback|prepare)/;
      assert.ok(!commands(text).some((words) => ends.test(words)));
    }),
    { numRuns: 1000, seed },
  );
});
