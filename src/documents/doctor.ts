import * as v from "valibot";
import { CODES } from "../errors.ts";
import { LOOK_CODES, LOOKS } from "../looks.ts";
import { NextPart } from "./error.ts";
import { codesOf, field, list } from "./shape.ts";

/** What one look found. */
export const LookPart = v.strictObject({
  name: codesOf(LOOKS),
  state: v.picklist(["ok", "warning", "fault", "unseen"]),
  text: field(v.string(), "for people; may improve"),
  code: v.optional(field(codesOf({ ...CODES, ...LOOK_CODES }), "what is wrong")),
  fix: v.optional(field(v.string(), "what to do")),
  next: v.optional(field(list(NextPart), "what to type, the likeliest first")),
  needs: v.optional(field(codesOf(LOOKS), "the look that failed, which this one depends on")),
});

/** The document of `migrate doctor`. */
export const DoctorDocument = v.strictObject({
  command: v.literal("doctor"),
  status: field(v.picklist(["ok", "warning", "fault"]), "the worst that was found"),
  database: v.nullable(field(v.string(), "null where the settings could not be read")),
  looks: list(LookPart),
  error: v.null(),
});
export type DoctorDocument = Readonly<v.InferOutput<typeof DoctorDocument>>;
