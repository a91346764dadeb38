import assert from "node:assert/strict";
import { splitStatements } from "../src/migrations/mod.ts";
import { MigrateError } from "../src/errors.ts";
import { refuseOpenTransaction, refuseTransactionControl } from "../src/transaction_control.ts";
import { migrationOf } from "./harness/pool.ts";
import { refusalOf } from "./harness/refusal.ts";
import { poolOf } from "./harness/run.ts";

function check(text: string): void {
  const migration = migrationOf(poolOf({ "gold/0001_a.sql": text }), "0001");
  refuseTransactionControl(migration, splitStatements(text, { file: "x" }));
}

const REFUSED: readonly (readonly [string, string])[] = [
  ["begin;", "BEGIN"],
  ["BEGIN TRANSACTION;", "BEGIN"],
  ["Begin Isolation Level Serializable;", "BEGIN"],
  ["start transaction;", "START TRANSACTION"],
  ["start\n  transaction;", "START TRANSACTION"],
  ["commit;", "COMMIT"],
  ["commit and chain;", "COMMIT"],
  ["commit prepared 'x';", "COMMIT"],
  ["end;", "END"],
  ["END WORK;", "END"],
  ["abort;", "ABORT"],
  ["rollback;", "ROLLBACK"],
  ["rollback work;", "ROLLBACK"],
  ["rollback and chain;", "ROLLBACK"],
  ["prepare transaction 'x';", "PREPARE TRANSACTION"],
  ["/* note */ commit", "COMMIT"],
  ["start /* a */ transaction;", "START TRANSACTION"],
  ["prepare -- a\n transaction 'x';", "PREPARE TRANSACTION"],
];

for (const [statement, words] of REFUSED) {
  Deno.test(`refuseTransactionControl() refuses ${JSON.stringify(statement)}`, () => {
    const error = refusalOf(() => check(`select 1;\n\n${statement}\n`));
    assert.equal(error.code, "transaction_control");
    assert.deepEqual(error.data, {
      version: "0001",
      file: "migrations/gold/0001_a.sql",
      line: 3,
    });
    assert.deepEqual(error.details, ["migrations/gold/0001_a.sql:3"]);
    assert.match(
      error.message,
      new RegExp(`^Cannot apply 0001_a \\(gold\\): line 3 has ${words}, but`),
    );
  });
}

Deno.test("refuseTransactionControl() finds what stands behind the first command of a statement", () => {
  for (
    const [text, line] of [
      ["-- atlas:delimiter //\nselect 1;\ncommit;\nselect 2//\n", 3],
      ["-- atlas:delimiter //\n;commit//\n", 2],
      ["select 1;\nselect 1 as a$b$c;\nrollback and chain;\n", 3],
      ["select E'a'\n'\\\\';\nselect /* ' */ 1 as a$b$c;\ncommit; -- '", 4],
      ["-- note\rcommit;", 1],
      ["-- atlas:delimiter //\nselect 1; /* /* */ ; */ end//", 2],
    ] as const
  ) {
    const error = refusalOf(() => check(text));
    assert.equal(error.code, "transaction_control");
    assert.equal(error.data["line"], line, text);
  }
});

Deno.test("refuseTransactionControl() lets pass what stays inside the transaction", () => {
  for (
    const text of [
      "savepoint a; select 1; rollback to a; release a;",
      "rollback to savepoint a;",
      "rollback work to a;",
      "ROLLBACK TRANSACTION TO SAVEPOINT a;",
      "rollback /* only */ to a;",
      "prepare q as select 1; execute q; deallocate q;",
      "set transaction read write;",
      "create table beginning (commit int);",
      "do $$ begin perform 1; end $$;",
      "create function f() returns int begin atomic select 1; select 2; end;",
      "create procedure p() language plpgsql as $$ begin commit; end $$;",
      "select 'x'; -- commit;\n",
      "-- atlas:delimiter //\nselect 'a; commit'; select $$;end;$$; /* /* */ ; commit; */ select 1//\n",
      "-- atlas:delimiter //\ncreate function f() returns int begin atomic select 1; select case when true then 1 end; end; select 1//\n",
      "comment on table commit is 'rollback';",
      "ending;",
      "",
    ]
  ) check(text);
});

/** The line whose transaction stays open. */
function openAt(text: string): unknown {
  const migration = migrationOf(poolOf({ "gold/0001_a.sql": text }), "0001");
  const statements = splitStatements(text, { file: "x" });
  try {
    refuseOpenTransaction(migration, statements);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof MigrateError);
    assert.equal(error.code, "transaction_open");
    assert.deepEqual(error.details, [`migrations/gold/0001_a.sql:${error.data["line"]}`]);
    return error.data["line"];
  }
}

Deno.test("refuseOpenTransaction() finds the transaction that a file leaves open", () => {
  assert.equal(openAt("begin;\nselect 1;\n"), 1);
  assert.equal(openAt("select 1;\nSTART TRANSACTION;\nbegin;\n"), 2);
  assert.equal(openAt("begin;\ncommit;\n-- more\nbegin;\n"), 4);
  assert.equal(openAt("begin;\nselect 1;\ncommit and chain;\nselect 2;\n"), 3);
  assert.equal(openAt("begin;\nsavepoint a;\nrollback to a;\n"), 1);
  assert.equal(openAt("-- atlas:delimiter \\n\\n\nselect 1;\nbegin;\nselect 1;\n\nselect 2;\n"), 3);
});

Deno.test("refuseOpenTransaction() lets pass what is ended", () => {
  for (
    const text of [
      "select 1;\n",
      "begin;\nselect 1;\ncommit;\n",
      "begin;\nend;\nbegin;\nrollback;\n",
      "begin;\nprepare transaction 'x';\n",
      // Several in one statement.
      "-- atlas:delimiter \\n\\n\nbegin;\nselect 1;\ncommit;\n\nselect 2;\n",
      "BEGIN TRANSACTION;\nSELECT 1;\nEND;\n",
    ]
  ) assert.equal(openAt(text), undefined, text);
});
