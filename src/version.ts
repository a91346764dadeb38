import manifest from "../deno.json" with { type: "json" };

/** The version of the programs; it is written once, in `deno.json`. */
export const VERSION: string = manifest.version;
