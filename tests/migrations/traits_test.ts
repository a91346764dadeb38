import assert from "node:assert/strict";
import { splitStatements, Traits } from "../../src/migrations/mod.ts";
import { piecesOf } from "../harness/pieces.ts";

function traitsOf(text: string): Traits {
  const traits = new Traits();
  const texts = traits.noting(() => piecesOf(text, 5));
  assert.equal([...texts()].join(""), text);
  for (const _ of traits.notingEach(splitStatements(text, { file: "x" })));
  // Gone through again, nothing is noted twice.
  assert.equal([...texts()].join(""), text);
  return traits;
}

Deno.test("Traits tell what a file is like", () => {
  const plain = traitsOf("create table a (i int);\n-- щ\n");
  assert.deepEqual(
    [plain.pipelinable, plain.setsDelimiter, plain.setsLockTimeout, plain.length],
    [true, false, false, 29],
  );
  assert.equal(traitsOf("-- atlas:delimiter //\nselect 1//").setsDelimiter, true);
  assert.equal(traitsOf("select 1;\nset Lock_Timeout = 0;").setsLockTimeout, true);
  // A comment in front of a statement belongs to none.
  assert.equal(traitsOf("-- lock_timeout\nselect 1;").setsLockTimeout, false);
  assert.equal(traitsOf("-- reset\nselect 1;").pipelinable, false);
  assert.equal(traitsOf("select 1;\ncommit;\n").pipelinable, false);
});
