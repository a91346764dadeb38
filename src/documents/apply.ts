import * as v from "valibot";
import { ErrorPart } from "./error.ts";
import { Count, field, list, Milliseconds, Version } from "./shape.ts";

/** A migration on offer. */
export const FilePart = v.strictObject({
  layer: v.nullable(field(v.string(), "null where the folder has no layers")),
  version: Version,
  name: v.string(),
  file: v.string(),
});

/** What did the work. */
const EnginePart = v.strictObject({
  name: v.picklist(["embedded", "atlas"]),
  version: v.optional(field(v.string(), "the version of Atlas")),
  path: v.optional(field(v.string(), "where that Atlas is")),
  reason: field(v.string(), "why this one; for people"),
});

/** The document of `migrate apply`. */
export const ApplyDocument = v.strictObject({
  command: v.literal("apply"),
  status: v.picklist(["applied", "nothing_pending", "failed"]),
  database: field(v.string(), "user@host:port/dbname"),
  serverVersion: v.string(),
  engine: EnginePart,
  revisionsSchema: v.string(),
  total: field(Count, "how many migrations are on offer"),
  before: v.nullable(Version),
  after: v.nullable(Version),
  applied: list(v.strictObject({
    ...FilePart.entries,
    statements: field(Count, "how many this run executed"),
    skipped: field(Count, "how many an earlier run had executed"),
    elapsedMs: Milliseconds,
  })),
  failed: v.nullable(FilePart),
  notStarted: list(FilePart),
  skipped: field(list(FilePart), "passed over because of --exec-order linear-skip"),
  unknown: field(list(Version), "in the database, and not on offer"),
  invalidIndexes: list(v.string()),
  elapsedMs: Milliseconds,
  error: v.nullable(ErrorPart),
});
export type ApplyDocument = v.InferOutput<typeof ApplyDocument>;
