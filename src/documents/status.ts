import * as v from "valibot";
import { STATES } from "../migrations/mod.ts";
import { codesOf, Count, each, field, list, Milliseconds, Version } from "./shape.ts";

/** A version that is on offer or in the history. */
export const VersionPart = v.strictObject({
  version: Version,
  layer: v.nullable(v.string()),
  name: v.string(),
  state: codesOf(STATES),
  kind: v.nullable(
    field(v.picklist(["executed", "manually_set", "baseline"]), "how its row came to be"),
  ),
  statements: v.nullable(v.strictObject({ applied: Count, total: Count })),
  executedAt: v.nullable(field(v.string(), "in UTC, as ISO 8601 has it")),
  elapsedMs: v.nullable(Milliseconds),
  by: v.nullable(field(v.string(), "who wrote the row")),
  failure: v.nullable(v.strictObject({ message: v.string(), statement: v.string() })),
});

const WHERE = {
  database: field(v.string(), "user@host:port/dbname"),
  revisionsSchema: v.nullable(field(v.string(), "null where there is no revisions table")),
  running: v.nullable(
    field(v.string(), "who is migrating now; not_visible on a replica"),
  ),
};

/** How many versions are in each state. */
export const Counts = v.strictObject(each(STATES, Count));

/** The document of `migrate status`. */
export const StatusDocument = v.strictObject({
  command: v.literal("status"),
  status: v.picklist(["up_to_date", "differs"]),
  ...WHERE,
  counts: Counts,
  layers: field(v.record(v.string(), Counts), "by layer; none where a file stands in no layer"),
  files: list(VersionPart),
  error: v.null(),
});
export type StatusDocument = v.InferOutput<typeof StatusDocument>;

/** The document of `migrate history`. */
export const HistoryDocument = v.strictObject({
  command: v.literal("history"),
  status: v.literal("ok"),
  ...WHERE,
  revisions: list(VersionPart),
  error: v.null(),
});
export type HistoryDocument = v.InferOutput<typeof HistoryDocument>;

/** The document of `migrate verify`. */
export const VerifyDocument = v.strictObject({
  command: v.literal("verify"),
  status: v.picklist(["ok", "differs"]),
  ...WHERE,
  verified: Count,
  differences: list(VersionPart),
  unverifiable: list(Version),
  error: v.null(),
});
export type VerifyDocument = v.InferOutput<typeof VerifyDocument>;
