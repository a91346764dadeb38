import assert from "node:assert/strict";
import fc from "fast-check";
import { splitStatements } from "../../src/migrations/statements.ts";
import { isPipelinable } from "../harness/pipelinable.ts";

function pipelinable(text: string): boolean {
  return isPipelinable(text, splitStatements(text, { file: "0001_a.sql" }));
}

for (
  const text of [
    "create table a (i int);\ncreate index on a (i);\n",
    "-- commit nothing\ncreate view v as select case when true then 1 else 2 end;\n",
    "insert into a values (1) on conflict do nothing;\n",
    "alter table a add column release text, add column start date;\n",
    "comment on table a is 'begin; commit';\nselect 1;\n".replace("; ", " "),
    "with x as (select 1) select * from x;\n",
    "",
  ]
) {
  Deno.test(`isPipelinable() lets through: ${JSON.stringify(text)}`, () => {
    assert.equal(pipelinable(text), true);
  });
}

for (
  const text of [
    "begin;\nselect 1;\ncommit;\n",
    "savepoint a;\n",
    "rollback to a;\n",
    "release a;\n",
    "start transaction;\n",
    "prepare transaction 'a';\n",
    "copy a from stdin;\n",
    "do $$ begin commit; end $$;\n",
    "call p();\n",
    "-- atlas:delimiter //\nselect 1; commit//\n",
    "select E'\\';\n commit; select 1 --';\n",
    "select f$a$; commit; select $a$;\n",
    "select 1 /* /* */ x */; commit;\n",
    "select 1 -- a\r; commit\n;\n",
    "select 1;\n-- b\n/* c */ /* d */ Rollback;\n",
    "set session characteristics as transaction read write;\n",
    "select set_config('default_transaction_read_only', 'off', false);\n",
    "set default_transaction_read_only = off;\n",
    "reset all;\n",
    "set transaction isolation level serializable;\nselect 1;\n",
    "set local transaction_isolation = 'serializable';\n",
    "create function f() returns void language plpgsql as $$ begin perform 1; end $$;\n",
  ]
) {
  Deno.test(`isPipelinable() refuses: ${JSON.stringify(text)}`, () => {
    assert.equal(pipelinable(text), false);
  });
}

const blank = fc.constantFrom(" ", "\n", "\t", "\r\n", "-- x\n", "/* y */");
const control = fc.constantFrom(
  "begin",
  "START TRANSACTION",
  "Commit",
  "end",
  "abort",
  "rollback",
  "savepoint s",
  "release s",
  "prepare transaction 'p'",
  "copy t from stdin",
  "do 'begin commit; end'",
  "call p()",
);
const other = fc.constantFrom(
  "select 1",
  "select ';'",
  "create table a (i int)",
  "insert into a values (1)",
);

Deno.test("isPipelinable() refuses a control of transactions wherever it stands", () => {
  fc.assert(
    fc.property(
      fc.array(other),
      fc.array(blank),
      control,
      fc.array(other),
      (before, blanks, word, after) => {
        const text = [...before, `${blanks.join("")}${word}`, ...after].map((one) => `${one};\n`)
          .join("");
        assert.equal(pipelinable(text), false, text);
      },
    ),
    { numRuns: 500 },
  );
});
