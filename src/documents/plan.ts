import * as v from "valibot";
import { LOCK_MODES, RULES } from "../impact/mod.ts";
import { TX_MODES } from "../migrations/mod.ts";
import { FilePart } from "./apply.ts";
import { ErrorPart } from "./error.ts";
import { codesOf, Count, field, list, Version } from "./shape.ts";

const CERTAINTY = v.picklist(["no", "maybe", "yes"]);

/** One command of a statement, and whom it keeps waiting. */
const CommandPart = v.strictObject({
  rule: codesOf(RULES),
  what: field(v.string(), "the command in few words"),
  locks: list(v.strictObject({ relation: v.string(), mode: v.picklist(LOCK_MODES) })),
  rewrites: field(CERTAINTY, "whether the file of a table is written anew"),
  scans: field(CERTAINTY, "whether all rows of a table are read"),
  advice: v.nullable(v.string()),
  effect: v.picklist([
    "nothing",
    "brief",
    "slow",
    "blocks_writes",
    "blocks_reads_and_writes",
    "unknown",
  ]),
  bytes: v.nullable(field(Count, "the size of the table as of its last ANALYZE")),
});

/** The document of `migrate plan`. */
export const PlanDocument = v.strictObject({
  command: v.literal("plan"),
  status: v.picklist(["pending", "nothing_pending"]),
  database: v.string(),
  baseline: v.nullable(Version),
  unknown: list(Version),
  files: list(v.strictObject({
    ...FilePart.entries,
    txMode: v.picklist(TX_MODES),
    resumeFrom: field(Count, "how many statements an earlier run has executed"),
    statements: list(
      v.strictObject({
        sql: v.string(),
        line: field(Count, "in the file, from 1"),
        commands: list(CommandPart),
      }),
    ),
  })),
  refusal: field(
    v.nullable(ErrorPart),
    "why apply would refuse this connection, as one to a replica",
  ),
  running: field(v.nullable(v.string()), "who is migrating at this moment"),
  error: v.null(),
});
export type PlanDocument = v.InferOutput<typeof PlanDocument>;
