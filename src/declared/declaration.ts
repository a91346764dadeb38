import type { Layer } from "../layers.ts";

/** What declares the state of one layer. */
export interface Declaration {
  readonly layer: Layer;
  readonly kind: "sql" | "hcl" | "ent";
  /** Absolute paths in byte order: the files of `sql` and `hcl`, the packages (folders) of `ent`. */
  readonly paths: readonly string[];
}
