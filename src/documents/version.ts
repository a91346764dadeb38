import * as v from "valibot";
import { LAYERS } from "../layers.ts";
import { Count, field, list } from "./shape.ts";

/** The document of `migrate version`. */
export const VersionDocument = v.strictObject({
  command: v.literal("version"),
  status: v.literal("ok"),
  version: v.string(),
  commit: v.nullable(field(v.string(), "null where the program runs from source")),
  deno: v.string(),
  target: v.string(),
  layers: list(v.strictObject({
    layer: v.picklist(LAYERS),
    count: Count,
    last: v.nullable(field(v.string(), "the number of the last one")),
    sum: v.nullable(field(v.string(), "the first line of the layer's atlas.sum")),
  })),
  error: v.null(),
});
export type VersionDocument = v.InferOutput<typeof VersionDocument>;
