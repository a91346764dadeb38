import manifest from "../deno.json" with { type: "json" };

/** The version of the programs; it is written once, in `deno.json`. */
export const VERSION: string = manifest.version;

// The compiler puts the commit in place of the mark.
const MARK = "@commit@";

/** The commit that a compiled program was made from; nothing when it runs from source. */
export const COMMIT: string | undefined = /^[0-9a-f]/.test(MARK) ? MARK : undefined;
