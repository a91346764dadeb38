import assert from "node:assert/strict";
import { batches, runModeOf } from "../../src/atlas/batches.ts";
import { planApply, type PlannedFile, type TxMode } from "../../src/migrations/mod.ts";
import { refusalOf } from "../harness/refusal.ts";
import { poolOf } from "../harness/run.ts";

/** Planned files with these texts, numbered from 0001. */
function planned(texts: readonly string[], txMode: TxMode = "file"): readonly PlannedFile[] {
  const pool = poolOf(
    Object.fromEntries(texts.map((text, i) => [`gold/000${i + 1}_x.sql`, text])),
  );
  return planApply(pool, [], { execOrder: "linear", txMode, allowDirty: false, clean: true })
    .pending;
}

function versions(batch: readonly PlannedFile[]): string {
  return batch.map(({ migration }) => migration.version.slice(3)).join("");
}

function cut(...texts: readonly string[]): readonly string[] {
  return [...batches(planned(texts))].map(versions);
}

const PLAIN = "create table t (i int);\ninsert into t values (1);\n";

Deno.test("batches() keep files together that leave nothing behind", () => {
  assert.deepEqual(cut(), []);
  assert.deepEqual(cut(PLAIN, PLAIN, PLAIN), ["123"]);
  assert.deepEqual(cut("", "-- nothing\n", PLAIN), ["123"]);
});

Deno.test("batches() end with a file that may leave something behind", () => {
  assert.deepEqual(cut(PLAIN, "set search_path to x;", PLAIN, PLAIN), ["12", "34"]);
  assert.deepEqual(cut("set role x;", "reset all;"), ["1", "2"]);
});

const TRACES = [
  "set search_path to x;",
  "SET ROLE x;",
  "reset role;",
  "select set_config('a.b', 'c', false);",
  "insert into t select set_config('search_path', 'x', false);",
  "update t set a = SET_CONFIG ('search_path', 'x', false);",
  "create temp table t ();",
  "create temporary table t ();",
  "CREATE LOCAL TEMPORARY TABLE t ();",
  "create global temp table t ();",
  "create or replace temp view v as select 1;",
  "create temporary sequence s;",
  "create /* for now */ temp table t ();",
  "create table pg_temp.t ();",
  "create function pg_temp.f() returns int language sql as 'select 1';",
  "select * into temp t from x;",
  "prepare q as select 1;",
  "listen c;",
  "declare c cursor with hold for select 1;",
  "load 'x';",
  "discard all;",
  "lock table t;",
  "do $$ begin perform set_config('a.b', 'c', false); end $$;",
  "do $$ begin create temp table t (); end $$;",
  "with x as (select 1) select * from x;",
  "select 1;",
  "(select 1);",
  "call p();",
  "begin;\ncommit;",
];

for (const statement of TRACES) {
  Deno.test(`batches() give ${JSON.stringify(statement)} the end of its run`, () => {
    const files = planned([`-- atlas:txmode none\n\n${PLAIN}${statement}\n${PLAIN}`, PLAIN]);
    assert.deepEqual([...batches(files)].map(versions), ["1", "2"]);
  });
}

Deno.test("batches() trust no file that sets a delimiter", () => {
  const several = "create table t ();\nset role x\n";
  assert.deepEqual(cut(`-- atlas:delimiter //\n${several}//\n`, PLAIN), ["1", "2"]);
  assert.deepEqual(cut(`${PLAIN}Delimiter //\n${several}//\n`, PLAIN), ["1", "2"]);
});

Deno.test("batches() see through no word that only looks like a trace", () => {
  for (
    const statement of [
      "create table templates (temperature int, attempt int);",
      "create or replace view v as select 1;",
      "alter table t add column x int;",
      "drop table t;",
      "comment on table t is 'x';",
      "grant select on t to x;",
      "revoke all on t from x;",
      "delete from t;",
      "truncate t;",
      "refresh materialized view v;",
      "reindex table t;",
      "analyze t;",
      "vacuum t;",
    ]
  ) assert.deepEqual(cut(statement, PLAIN), ["12"], statement);
});

Deno.test("batches() keep everything together when all is one transaction", () => {
  const files = planned(["set role x;", PLAIN, "set role y;"], "all");
  assert.deepEqual([...batches(files)].map(versions), ["123"]);
});

/** The batches that are handed out before the error, and its code. */
function untilRefusal(files: readonly PlannedFile[]): readonly string[] {
  const result: string[] = [];
  const error = refusalOf(() => {
    for (const batch of batches(files)) result.push(versions(batch));
  });
  return [...result, error.code];
}

Deno.test("batches() hand out what comes before a file that must not be executed", () => {
  assert.deepEqual(untilRefusal(planned([PLAIN, PLAIN, "commit;", PLAIN])), [
    "12",
    "transaction_control",
  ]);
  assert.deepEqual(untilRefusal(planned([PLAIN, "set role x;", "select 'x", PLAIN])), [
    "12",
    "statement_syntax",
  ]);
  assert.deepEqual(untilRefusal(planned(["select (", PLAIN])), ["statement_syntax"]);
  assert.deepEqual(untilRefusal(planned([PLAIN, "-- atlas:txmode none\n\nbegin;\n", PLAIN])), [
    "1",
    "transaction_open",
  ]);
  // In one transaction nothing may be begun.
  assert.deepEqual(untilRefusal(planned([PLAIN, "commit;"], "all")), ["transaction_control"]);
});

Deno.test("batches() let a file outside a transaction have its own", () => {
  assert.deepEqual(cut("-- atlas:txmode none\n\nbegin;\ncommit;\n", PLAIN), ["1", "2"]);
});

/** The batches, each with the mode in which Atlas is to run it. */
function modes(texts: readonly string[], txMode: TxMode): readonly string[] {
  return [...batches(planned(texts, txMode))].map((batch) => {
    const [first] = batch;
    return `${versions(batch)} ${first === undefined ? "" : runModeOf(first)}`;
  });
}

Deno.test("batches() go together as far as one --tx-mode is right for them", () => {
  const NONE = `-- atlas:txmode none\n\n${PLAIN}`;
  const FILE = `-- atlas:txmode file\n\n${PLAIN}`;
  assert.deepEqual(modes([PLAIN, NONE, FILE, PLAIN], "file"), ["1234 file"]);
  assert.deepEqual(modes([PLAIN, PLAIN], "none"), ["12 none"]);
  assert.deepEqual(modes([NONE, PLAIN, PLAIN], "none"), ["1 file", "23 none"]);
  // Under none Atlas would forget the commit of a file that wants one.
  assert.deepEqual(modes([PLAIN, NONE, FILE, NONE], "none"), ["12 none", "34 file"]);
  assert.deepEqual(modes([PLAIN, PLAIN], "all"), ["12 all"]);
});
