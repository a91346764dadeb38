import assert from "node:assert/strict";
import { MigrateError } from "../src/errors.ts";
import { interruptedIn, migrationFailed, nameOf } from "../src/failure.ts";
import { splitStatements } from "../src/migrations/mod.ts";
import { migrationOf } from "./harness/pool.ts";
import { poolOf } from "./harness/run.ts";

const TEXT = "-- a note\nselect 1;\n\nselect '😀', colum\n  from t;\n";
const MIGRATION = migrationOf(poolOf({ "silver/0007_add_x.sql": TEXT }), "0007");
const [FIRST, SECOND] = splitStatements(TEXT, { file: "x" });

Deno.test("migrationFailed() says where, with all that the server said", () => {
  assert.ok(SECOND !== undefined);
  const cause = new Error("driver");
  const error = migrationFailed({
    open: false,
    migration: MIGRATION,
    message: 'column "colum" does not exist',
    statement: { ...SECOND, number: 2 },
    position: SECOND.text.indexOf("colum"),
    sqlstate: "42703",
    detail: "one\ntwo",
    hint: "Perhaps you meant column.",
    where: "SQL function",
    cause,
  });
  assert.equal(error.code, "migration_failed");
  assert.equal(error.exit, 1);
  assert.equal(
    error.message,
    'Cannot apply 0007_add_x (silver): column "colum" does not exist',
  );
  assert.deepEqual(error.details, [
    // The server counts a character that takes two units as one.
    "migrations/silver/0007_add_x.sql:4:13",
    "4 | select '😀', colum",
    "  |              ^",
    "SQLSTATE: 42703",
    "detail: one",
    "  two",
    "hint: Perhaps you meant column.",
    "where: SQL function",
  ]);
  assert.match(error.hint ?? "", /^Check migrations\/silver\/ for conflicts/);
  assert.equal(error.cause, cause);
  assert.deepEqual(error.data, {
    layer: "silver",
    version: "0007",
    file: "migrations/silver/0007_add_x.sql",
    line: 4,
    column: 13,
    statement: 2,
    sql: SECOND.text,
    sqlstate: "42703",
    detail: "one\ntwo",
    hint: "Perhaps you meant column.",
    where: "SQL function",
  });
});

Deno.test("migrationFailed() points to the statement when the server names no place", () => {
  assert.ok(FIRST !== undefined && SECOND !== undefined);
  const at = (position: number | undefined, statement = SECOND) =>
    migrationFailed({
      open: false,
      migration: MIGRATION,
      message: "x",
      statement: { ...statement, number: 1 },
      position,
    }).details[0]?.split(".sql:")[1];
  assert.equal(at(undefined), "4:1");
  assert.equal(at(1), "4:1");
  assert.equal(at(undefined, FIRST), "2:1");
  assert.equal(at(9, FIRST), "2:9");
  // The last character of the second statement, and beyond it.
  const length = [...SECOND.text].length;
  assert.equal(at(length), "5:9");
  assert.equal(at(length + 50), "5:10");
});

Deno.test("migrationFailed() tells a failure at the commit from one in a statement", () => {
  const error = migrationFailed({ migration: MIGRATION, message: "deferred", open: false });
  assert.deepEqual(error.details, ["migrations/silver/0007_add_x.sql, at the commit"]);
  assert.ok(!("line" in error.data) && !("statement" in error.data));
});

Deno.test("migrationFailed() invents nothing that the engine did not tell", () => {
  assert.ok(FIRST !== undefined);
  const error = migrationFailed({
    open: false,
    migration: MIGRATION,
    message: "x",
    statement: { ...FIRST, number: 1 },
  });
  assert.equal(error.details.length, 3);
  assert.equal(JSON.stringify(error.data).includes("sqlstate"), false);
});

Deno.test("interruptedIn() names the migration", () => {
  const error = interruptedIn(MIGRATION);
  assert.equal(error.code, "interrupted");
  assert.equal(error.message, "Stopped while applying 0007_add_x (silver)");
  assert.equal(error.data["version"], "0007");
});

Deno.test("nameOf() leaves out a layer that is not there", () => {
  assert.equal(nameOf(MIGRATION), "0007_add_x (silver)");
  assert.equal(nameOf({ ...MIGRATION, layer: undefined }), "0007_add_x");
});

Deno.test("migrationFailed() says what the server said, also of a file that cannot be read any more", () => {
  assert.ok(SECOND !== undefined);
  const gone = new MigrateError("sum_mismatch", "It changes while it is read", { hint: "Wait" });
  const error = migrationFailed({
    open: false,
    migration: {
      ...MIGRATION,
      texts: () => {
        throw gone;
      },
    },
    message: "x",
    statement: { ...SECOND, number: 2 },
    position: 3,
  });
  assert.equal(error.code, "migration_failed");
  assert.deepEqual(error.details, ["migrations/silver/0007_add_x.sql, at statement 2"]);
});
