import * as v from "valibot";
import { Count, field, Version } from "./shape.ts";

/** The document of `migrate resolve`. */
export const ResolveDocument = v.strictObject({
  command: v.literal("resolve"),
  status: v.picklist(["applied", "rolled_back", "nothing_to_do"]),
  version: Version,
  error: v.null(),
});
export type ResolveDocument = v.InferOutput<typeof ResolveDocument>;

/** The document of `migrate baseline`. */
export const BaselineDocument = v.strictObject({
  command: v.literal("baseline"),
  status: v.picklist(["recorded", "nothing_to_do"]),
  version: Version,
  pending: field(Count, "how many files are left to apply"),
  error: v.null(),
});
export type BaselineDocument = v.InferOutput<typeof BaselineDocument>;
