import assert from "node:assert/strict";
import { findMoved, readForeignKeys, withMoved } from "../src/foreign_keys.ts";

const state = (target: string) => [
  `CREATE TABLE "gold"."an ""odd"" one" ("id" integer NOT NULL, "p, (q)" integer, CONSTRAINT "f k" FOREIGN KEY ("p, (q)") REFERENCES ${target} ("id") ON UPDATE NO ACTION ON DELETE SET NULL, CONSTRAINT "other" FOREIGN KEY ("id", "p, (q)") REFERENCES "gold"."two" ("a", "b"));`,
  `ALTER TABLE "gold"."later" ADD CONSTRAINT "x" FOREIGN KEY ("id") REFERENCES "gold"."an ""odd"" one" ("id") ON UPDATE CASCADE ON DELETE CASCADE;`,
  `CREATE INDEX "i" ON "gold"."later" ("id");`,
];

Deno.test("readForeignKeys() reads those of created and of altered tables, whatever their names", () => {
  const keys = readForeignKeys(state('"silver"."p"'));
  assert.deepEqual(keys.map(({ name, schema, table, target }) => [schema, table, name, target]), [
    ["gold", '"gold"."an ""odd"" one"', '"f k"', { schema: '"silver"', name: '"p"' }],
    ["gold", '"gold"."an ""odd"" one"', '"other"', { schema: '"gold"', name: '"two"' }],
    ["gold", '"gold"."later"', '"x"', { schema: '"gold"', name: '"an ""odd"" one"' }],
  ]);
  assert.match(
    keys[0]?.clause ?? "",
    /^CONSTRAINT "f k" .* ON UPDATE NO ACTION ON DELETE SET NULL$/,
  );
});

Deno.test("findMoved() finds what leads to a table of the same name elsewhere, and nothing else", () => {
  const moved = (from: string, to: string) =>
    findMoved(readForeignKeys(state(from)), readForeignKeys(state(to))).map(({ name }) => name);
  assert.deepEqual(moved('"silver"."p"', '"bronze"."p"'), ['"f k"']);
  assert.deepEqual(moved('"silver"."p"', '"silver"."p"'), []);
  // That Atlas sees.
  assert.deepEqual(moved('"silver"."p"', '"bronze"."q"'), []);
  assert.deepEqual(findMoved([], readForeignKeys(state('"silver"."p"'))), []);
});

Deno.test("withMoved() stands before what is dropped, and behind all else", () => {
  const [key] = readForeignKeys(state('"bronze"."p"'));
  assert.ok(key !== undefined);
  const anew =
    `-- Modify "an ""odd"" one" table\nALTER TABLE ${key.table} DROP CONSTRAINT "f k", ADD ${key.clause};\n`;
  const create = '-- Create "n" table\nCREATE TABLE "gold"."n" ("id" integer);\n';
  const drop = '-- Drop "p" table\nDROP TABLE "gold"."p";\n';
  assert.equal(withMoved("", [key]), anew);
  assert.equal(withMoved(create, [key]), create + anew);
  assert.equal(withMoved(create + drop, [key]), create + anew + drop);
  assert.equal(withMoved(create, []), create);
  // Atlas makes it anew by itself where more of it has changed.
  assert.equal(withMoved(anew + drop, [key]), anew + drop);
});
