import { join } from "node:path";
import { pathToFileURL } from "node:url";

const FOLDER = new URL("../../src/migrations/", import.meta.url);

/** The files that the splitter is made of. */
const FILES = ["scanner.ts", "block_search.ts", "directives.ts", "white_space.ts"] as const;

/** One place in the source of the splitter, and what stands there once a rule is off. */
export type Edit = readonly [file: (typeof FILES)[number], from: string, to: string];

/** What a variant of the splitter has, as the true one. */
export type Splitter =
  & Pick<typeof import("../../src/migrations/scanner.ts"), "Scanner">
  & Pick<typeof import("../../src/migrations/directives.ts"), "readDirectives" | "isSumIgnored">;

/**
 * Loads the splitter with changes to its source. Throws when a place is not there exactly once: then
 * the source has moved on, and the edit with it.
 */
export async function loadVariant(edits: readonly Edit[]): Promise<Splitter> {
  const folder = await Deno.makeTempDir({ prefix: "hotpot-test-" });
  try {
    for (const file of FILES) {
      let text = await Deno.readTextFile(new URL(file, FOLDER));
      for (const [, from, to] of edits.filter(([name]) => name === file)) {
        if (text.split(from).length !== 2) throw new Error(`not once in ${file}: ${from}`);
        text = text.replace(from, () => to);
      }
      await Deno.writeTextFile(join(folder, file), text);
    }
    const load = async (file: string) => await import(pathToFileURL(join(folder, file)).href);
    return { ...await load("scanner.ts"), ...await load("directives.ts") };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
