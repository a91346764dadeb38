import * as v from "valibot";

const list = <T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.readonly());
const text = (says: string) => v.optional(v.pipe(v.string(), v.description(says)));
const count = (says: string) => v.optional(v.pipe(v.number(), v.integer(), v.description(says)));
const texts = (says: string) => v.optional(v.pipe(list(v.string()), v.description(says)));

/**
 * The facts that accompany an error, for machines: each code has its own, and each fact one meaning
 * in all of them. Of this schema the programs use the type alone.
 */
export const ErrorData = v.strictObject({
  // where
  file: text("the file that it is about, as its path in the folder of migrations"),
  line: count("the line in the file, from 1"),
  column: count("the column in the line, in characters from 1"),
  offset: count("the byte in the file, from 0"),
  layer: text("the layer of the migration"),
  version: text("the version of the migration"),
  statement: count("the number of the statement in the file, from 1"),
  sql: text("the statement"),
  // what the server says
  sqlstate: text("PostgreSQL's code of the error"),
  detail: text("the server's own detail"),
  hint: text("the server's own hint"),
  where: text("the server's call stack"),
  blockers: texts("the sessions that held what the statement waited for"),
  holder: text("the session that holds the lock of the migrations"),
  role: text("the role that lacks a right"),
  revisionsSchema: text("the schema of the revisions table"),
  schemas: texts("all schemas that have a revisions table"),
  found: text("what is in a database that should be empty"),
  // files and history
  files: texts("the files that it is about"),
  changed: texts("applied files that have changed"),
  missing: texts("applied versions whose files are gone; settings that are missing"),
  unverifiable: texts("applied files that cannot be compared"),
  first: text("the version that has to be seen to first"),
  newest: text("the newest version in the database"),
  applied: count("how many statements of the file are done"),
  total: count("how many statements the file had"),
  change: v.optional(v.picklist(["added", "edited", "removed"])),
  onlyLineEnds: v.optional(
    v.pipe(v.boolean(), v.description("whether nothing but the ends of lines has changed")),
  ),
  clashes: v.optional(
    v.pipe(
      v.record(v.string(), list(v.string())),
      v.description("the files that share a version, by version"),
    ),
  ),
  altered: v.optional(
    list(v.strictObject({ how: v.picklist(["changed", "gone"]), path: v.string() })),
  ),
  statements: texts("the statements that it is about"),
  schema: text("the schema that two layers declare"),
  layers: texts("the layers that it is about"),
  // configuration and Vault
  source: text("where the settings come from"),
  faults: v.optional(
    list(v.strictObject({
      key: text("the setting, as database.port"),
      state: text("what is wrong with it"),
      message: text("what is wrong with the text"),
      line: count("the line in the file, from 1"),
      column: count("the column in the line, from 1"),
    })),
  ),
  path: text("the path in Vault"),
  status: count("the status of Vault's answer"),
  redirectedTo: text("where Vault's answer points to, as https://host:8200"),
  tried: v.optional(
    list(v.strictObject({ path: v.string(), status: v.pipe(v.number(), v.integer()) })),
  ),
});

/** The facts that accompany an error. */
export type ErrorData = Readonly<v.InferOutput<typeof ErrorData>>;
