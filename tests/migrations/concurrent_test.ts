import assert from "node:assert/strict";
import { concurrentIndex, isConcurrent } from "../../src/migrations/mod.ts";

const CONCURRENT: readonly string[] = [
  "create index concurrently i on t (a)",
  "CREATE UNIQUE\nINDEX /* c */ CONCURRENTLY -- c\n IF NOT EXISTS i ON ONLY t (a);",
  "drop index concurrently if exists i;",
  "reindex (verbose) table concurrently t;",
  "alter table t detach partition p concurrently;",
];

for (const text of CONCURRENT) {
  Deno.test(`isConcurrent() sees ${JSON.stringify(text)}`, () => assert.ok(isConcurrent(text)));
}

const PLAIN: readonly string[] = [
  "create index i on t (a)",
  "create index concurrently_i on t (a)",
  "alter table t rename to concurrently_t",
  "comment on index i is 'built concurrently'",
  "alter table t alter c set default 'concurrently'",
  'alter table "concurrently" add c int',
  "create function f() returns text language sql as $x$ select 'a'; -- concurrently\n$x$",
  "alter table t add c int -- concurrently",
  "refresh materialized view concurrently v",
  "alter table t add c text default $$ concurrently $$",
];

for (const text of PLAIN) {
  Deno.test(`isConcurrent() does not see ${JSON.stringify(text)}`, () =>
    assert.ok(!isConcurrent(text)));
}

const INDEXES: readonly (readonly [string, string, string])[] = [
  ["create index concurrently i on t (a)", "i", "t"],
  ["create unique index concurrently if not exists i on only s.t (a)", "i", "s.t"],
  ['create index concurrently "I ""x" on "S" . "T" (a)', '"I ""x"', '"S" . "T"'],
  ["create index /* a */ concurrently -- b\n i on t using gin (a)", "i", "t"],
  ["create index concurrently été on t (a)", "été", "t"],
];

for (const [text, name, table] of INDEXES) {
  Deno.test(`concurrentIndex() reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(concurrentIndex(text), { name, table });
  });
}

Deno.test("concurrentIndex() finds none without a name or without concurrently", () => {
  for (
    const text of ["create index concurrently on t (a)", "create index i on t (a)", "select 1"]
  ) {
    assert.equal(concurrentIndex(text), undefined);
  }
});
