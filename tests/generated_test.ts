import assert from "node:assert/strict";
import { join } from "node:path";
import { toPostgresUrl } from "../src/dsn.ts";
import { readGenerated, schemasCreated } from "../src/generated.ts";
import { splitStatements } from "../src/migrations/mod.ts";
import { atlas, folderOf } from "./harness/atlas.ts";
import { createDatabase } from "./harness/postgres.ts";
import { toolTest } from "./harness/tools.ts";

/** Names and literals that look like something else. Atlas itself fails at a `"` in a name. */
const OLD = `
create schema "o.d d's";
create table "o.d d's"."drop; column" ("it's" int, "don't" text, "select" int, keep int,
  "DROP COLUMN" text default 'x'', drop column "y"');
create index "i.'x" on "o.d d's"."drop; column" ("it's");
create type "o.d d's"."e . t" as enum ('a''b', 'DROP TABLE "x";');
create table public.gone (i int);
create schema "table"; create table "table"."user" ("DROP" int, "order" int);
`;
const NEW = `
create schema "o.d d's";
create table "o.d d's"."drop; column" ("select" int, keep int, "o'new" text default 'it''s',
  "DROP COLUMN" text default e'multi\\nline '' DROP COLUMN "q"', constraint "c'k" check (keep > 0));
comment on table "o.d d's"."drop; column" is 'it''s; DROP TABLE "x"."y"';
comment on column "o.d d's"."drop; column"."select" is e'two\\nlines';
comment on schema "o.d d's" is 'DROP SCHEMA "x"';
create index "i.'y" on "o.d d's"."drop; column" (keep);
create unique index on "o.d d's"."drop; column" (keep, "select") where keep > 1;
comment on index "o.d d's"."i.'y" is 'idx';
create type "o.d d's"."e . t" as enum ('a''b', 'DROP TABLE "x";', 'new; one');
create type "o.d d's"."f" as enum ('x');
create schema "table"; create table "table"."user" ("order" int);
create schema other; create table other.parent (id int primary key);
create table public."Ünï" (x int references other.parent (id));
`;

toolTest(
  "atlas",
  "readGenerated() tells the schemas and the losses of what Atlas writes",
  async () => {
    const there = await difference(OLD, NEW);
    assert.deepEqual(there.filter(({ schema }) => schema === undefined), []);
    assert.deepEqual(schemasOf(there), ["o.d d's", "other", "public", "table"]);
    assert.deepEqual(dropsOf(there), [
      `column: ALTER TABLE "o.d d's"."drop; column"`,
      `column: ALTER TABLE "table"."user"`,
      `table: DROP TABLE "public"."gone"`,
    ]);
    const back = await difference(NEW, OLD);
    assert.deepEqual(back.filter(({ schema }) => schema === undefined), []);
    assert.deepEqual(schemasOf(back), ["o.d d's", "other", "public", "table"]);
    assert.deepEqual(dropsOf(back), [
      `column: ALTER TABLE "o.d d's"."drop; column"`,
      `schema: DROP SCHEMA "other"`,
      `table: DROP TABLE "public"."Ünï"`,
    ]);
  },
);

Deno.test("readGenerated() takes no literal and no name for a clause, nor for the end of one", () => {
  const drops = (text: string) => readGenerated([text])[0]?.drops;
  for (
    const text of [
      `ALTER TABLE "a"."b" ADD COLUMN "c" text DEFAULT ', DROP COLUMN "d"';`,
      `ALTER TABLE "a"."b" ADD COLUMN ", DROP COLUMN " text;`,
      `ALTER TABLE "a"."b" ADD COLUMN "x'" text, ADD COLUMN "' DROP COLUMN " text;`,
      `ALTER TABLE "a"."b" ADD COLUMN "c" text DEFAULT '" DROP COLUMN "', ADD "d" text;`,
      `ALTER TABLE "DROP TABLE "."b" ALTER COLUMN "c" DROP DEFAULT;`,
      `COMMENT ON TABLE "a"."b" IS 'ALTER TABLE x DROP COLUMN y';`,
    ]
  ) {
    assert.equal(drops(text), undefined, text);
  }
  for (
    const text of [
      `ALTER TABLE "a"."b" DROP COLUMN "c";`,
      `ALTER TABLE "a"."b" DROP CONSTRAINT "c'k",\n DROP COLUMN "it's";`,
      `ALTER TABLE "a"."b" ADD COLUMN "o'c" text DEFAULT 'it''s', DROP COLUMN "d'e";`,
      `ALTER TABLE "a"."b" ADD COLUMN "c" text DEFAULT '"', DROP COLUMN "d";`,
    ]
  ) {
    assert.equal(drops(text), "column", text);
  }
});

Deno.test("readGenerated() reads a schema to the end of its name", () => {
  const schema = (text: string) => readGenerated([text])[0]?.schema;
  assert.equal(schema(`CREATE TABLE "a""."".b"."c" ("d" int);`), 'a".".b');
  assert.equal(schema(`CREATE INDEX "x" ON "a.b"."c" ("d");`), "a.b");
  assert.equal(schema(`CREATE UNIQUE INDEX CONCURRENTLY "x" ON "a"."c" ("d");`), "a");
  assert.equal(schema(`DROP INDEX CONCURRENTLY "a"."x";`), "a");
  assert.equal(schema(`COMMENT ON CONSTRAINT "x" ON "a"."c" IS 'y';`), "a");
  assert.equal(schema(`ALTER TYPE "a"."e" ADD VALUE 'x' AFTER 'w';`), "a");
  assert.equal(schema(`DROP SCHEMA "a" CASCADE;`), "a");
  assert.equal(schema(`CREATE EXTENSION "hstore";`), undefined);
  assert.equal(schema(`CREATE TABLE "c" ("d" int);`), undefined);
});

Deno.test("schemasCreated() reads every spelling", () => {
  const texts = [
    "create schema a;",
    "CREATE SCHEMA IF NOT EXISTS B;",
    'create schema\n  "C d";',
    'create schema if not exists "e""f" authorization joe;',
    "create schema authorization joe;",
    "create table g.h (i int);",
    "create schema ünï;",
  ];
  assert.deepEqual(schemasCreated(texts), ["a", "b", "C d", 'e"f', "joe", "ünï"]);
});

async function difference(from: string, to: string) {
  await using folder = await folderOf({ "from.sql": from, "to.sql": to });
  await using db = await createDatabase({ suffix: "_dev" });
  const run = await atlas([
    ...["schema", "diff", "--dev-url", toPostgresUrl(db.database)],
    ...["from", "to"].flatMap((name) => [`--${name}`, `file://${join(folder.path, name)}.sql`]),
  ]);
  assert.equal(run.code, 0, run.stderr);
  return readGenerated(splitStatements(run.stdout, { file: "x.sql" }).map(({ text }) => text));
}

function schemasOf(statements: ReturnType<typeof readGenerated>) {
  return [...new Set(statements.map(({ schema }) => schema))].sort();
}

/** What is lost, each with the start of its statement, to the end of the object's name. */
function dropsOf(statements: ReturnType<typeof readGenerated>) {
  return statements.flatMap(({ drops, text }) =>
    drops === undefined ? [] : [`${drops}: ${/^[A-Z ]+"[^"]*"(?:\."[^"]*")?/.exec(text)?.[0]}`]
  ).sort();
}
