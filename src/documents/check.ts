import * as v from "valibot";
import { CODES } from "../errors.ts";
import { codesOf, field, list } from "./shape.ts";

/** The codes of findings that are no errors. */
const FINDINGS = { embed_stale: "", schema_differs: "" } as const;

/** The document of `genmigrate check`. */
export const CheckDocument = v.strictObject({
  command: v.literal("check"),
  status: v.picklist(["ok", "wrong"]),
  checks: list(v.strictObject({
    check: v.picklist(["migrations", "embed", "base", "replay", "declared"]),
    state: v.picklist(["ok", "wrong", "skipped"]),
    findings: list(v.strictObject({
      code: codesOf({ ...CODES, ...FINDINGS }),
      message: v.string(),
      details: list(v.string()),
      hint: v.string(),
      file: v.optional(field(v.string(), "the file that it is about")),
    })),
  })),
  error: v.null(),
});
export type CheckDocument = v.InferOutput<typeof CheckDocument>;
