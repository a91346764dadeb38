import assert from "node:assert/strict";
import { join } from "node:path";
import { toPostgresUrl } from "../src/dsn.ts";
import { splitStatements } from "../src/migrations/mod.ts";
import { describeUnseen, findUnseen, findUnseenInHcl } from "../src/unseen.ts";
import { atlas, folderOf } from "./harness/atlas.ts";
import { createDatabase } from "./harness/postgres.ts";
import { toolTest } from "./harness/tools.ts";

const SEEN = `
create schema s;
create table s.t (i int primary key, n int default 1 check (n > 0), "create view" text);
create unique index i on s.t (n);
create type s.e as enum ('create view v as select 1', 'as range');
comment on table s.t is 'create function f';
create table s.p (i int) partition by range (i);
`;

/** What each statement is called; Atlas' community edition has nothing to say about any. */
const UNSEEN: readonly (readonly [string, string])[] = [
  ["create view s.v1 as select 1;", "view s.v1"],
  ["-- why\nCREATE OR REPLACE VIEW s.v2 AS SELECT 1;", "view s.v2"],
  ["create recursive view s.v3 (n) as select 1;", "view s.v3"],
  ["create materialized view s.m1 as select 1;", "materialized view s.m1"],
  ["create materialized view if not exists s.m2 as select 1;", "materialized view s.m2"],
  ["create function s.f1() returns int language sql as 'select 1';", "function s.f1"],
  [
    'create or replace function "s"."f "".2"() returns trigger language plpgsql as $$ begin return new; end $$;',
    'function "s"."f "".2"',
  ],
  ["create procedure s.r1() language sql as 'select 1';", "procedure s.r1"],
  ["create aggregate s.a1 (int) (sfunc = int4pl, stype = int);", "aggregate s.a1"],
  [
    'create trigger g1 before insert on s.t for each row execute function "s"."f "".2"();',
    "trigger g1",
  ],
  [
    'create constraint trigger g2 after insert on s.t for each row execute function "s"."f "".2"();',
    "trigger g2",
  ],
  ["create rule u1 as on delete to s.t do instead nothing;", "rule u1"],
  ["create policy y1 on s.t using (true);", "policy y1"],
  ["create domain s.d1 as int;", "domain s.d1"],
  ["create sequence s.q1;", "sequence s.q1"],
  ["create sequence\n  if not exists s.q2 start 5;", "sequence s.q2"],
  ["create type s.c1 as (a int, b text);", "composite type s.c1"],
  ["create type s.r2 as range (subtype = float8);", "range type s.r2"],
  ["create table s.p1 partition of s.p for values from (1) to (2);", "partition s.p1"],
  ["create statistics s.st1 on i, n from s.t;", "statistics s.st1"],
];

Deno.test("findUnseen() finds each kind, and nothing in what Atlas compares", () => {
  for (const [text, name] of UNSEEN) assert.deepEqual(namesIn(text), [name]);
  assert.deepEqual(namesIn(SEEN), []);
});

toolTest("atlas", "findUnseen() finds what the real Atlas passes over", async () => {
  const all = `${SEEN}${UNSEEN.map(([text]) => text).join("\n")}\n`;
  assert.deepEqual(namesIn(all), UNSEEN.map(([, name]) => name));
  await using folder = await folderOf({ "from.sql": SEEN, "to.sql": all });
  await using db = await createDatabase({ suffix: "_dev" });
  const run = await atlas([
    ...["schema", "diff", "--dev-url", toPostgresUrl(db.database)],
    ...["from", "to"].flatMap((name) => [`--${name}`, `file://${join(folder.path, name)}.sql`]),
  ]);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /^Schemas are synced/);
});

Deno.test("findUnseenInHcl() finds blocks, not what they hold", () => {
  const text = `schema "silver" {}
view "exposed" {
  schema = schema.silver
  as     = "select 1"
}
materialized "silver" "m" {
}
event_trigger "e" {}
table "t" {
  schema = schema.silver
  comment = "view \\"x\\" {"
}
`;
  assert.equal(
    describeUnseen(findUnseenInHcl(text)),
    "1 view (exposed), 1 materialized view (m), 1 event trigger (e)",
  );
});

Deno.test("describeUnseen() counts and names", () => {
  const of = (kind: string, name: string) => ({ kind, name });
  assert.equal(
    describeUnseen([of("view", "a"), of("policy", "p"), of("view", "b"), of("policy", "q")]),
    "2 views (a, b), 2 policies (p, q)",
  );
  assert.equal(
    describeUnseen([of("statistics", "a"), of("statistics", "b")]),
    "2 statistics (a, b)",
  );
});

function namesIn(text: string): readonly string[] {
  const statements = splitStatements(text, { file: "silver.sql" }).map((one) => one.text);
  return findUnseen(statements).map(({ kind, name }) => `${kind} ${name}`);
}
