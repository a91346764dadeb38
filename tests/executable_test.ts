import assert from "node:assert/strict";
import { MigrateError } from "../src/errors.ts";
import { executableStatements } from "../src/executable.ts";
import { type PlannedFile, statementHashes } from "../src/migrations/mod.ts";
import { migrationOf, rowOf } from "./harness/pool.ts";
import { refusalOf } from "./harness/refusal.ts";
import { poolOf } from "./harness/run.ts";

/** A planned file with a text. */
function planned(text: string, changes: Partial<PlannedFile> = {}): PlannedFile {
  const migration = migrationOf(poolOf({ "gold/0001_a.sql": text }), "0001");
  return { migration, txMode: "file", resumeFrom: 0, ...changes };
}

Deno.test("executableStatements() returns all statements, those that were executed too", () => {
  const hashes = statementHashes(["select 1;", "select 2;"]);
  const { migration } = planned("select 1;\nselect 2;\n");
  const previous = rowOf(migration, { applied: 1, total: 3, partialHashes: hashes.slice(0, 1) });
  const file = planned("select 1;\nselect 2;\n", { txMode: "none", resumeFrom: 1, previous });
  assert.deepEqual(Array.from(executableStatements(file), ({ text }) => text), [
    "select 1;",
    "select 2;",
  ]);
});

Deno.test("executableStatements() refuses by each name what must not be executed", () => {
  const { migration } = planned("select 1;\n");
  const fault = new MigrateError("txmode_invalid", "no", { hint: "Do it otherwise" });
  const row = rowOf(migration, { applied: 1, total: 2, partialHashes: ["other"] });
  const cases: readonly (readonly [string, PlannedFile])[] = [
    ["txmode_invalid", planned("select 1;\n", { fault })],
    ["sum_ignored", planned("", { migration: { ...migration, hash: "" } })],
    ["statement_syntax", planned("select 'x\n")],
    ["transaction_control", planned("commit;\n")],
    ["transaction_open", planned("begin;\n", { txMode: "none" })],
    ["history_changed", planned("select 1;\n", { txMode: "none", previous: row, resumeFrom: 1 })],
  ];
  for (const [code, file] of cases) {
    const error = refusalOf(() => executableStatements(file));
    assert.equal(error.code, code, error.message);
    assert.ok(error.hint);
  }
});
