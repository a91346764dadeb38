// deno-lint-ignore-file no-console -- a script prints
import { MigrateError } from "../src/errors.ts";
import { readFolders } from "../src/directory.ts";
import { type Folder, mergeLayers } from "../src/migrations/mod.ts";

const MAX_BYTES = 8 * 1024 * 1024;
const DIRECTORY = "deploy/migrations";

/**
 * The text of `deploy/migrations/embed.ts`: one import for each file, so that bundler and compiler
 * take it in, and the folders made of them. The same files give the same text.
 *
 * @throws {MigrateError} `migration_too_large` for a file over 8 MiB, and the codes of `mergeLayers`.
 */
export function embedModule(folders: readonly Folder[]): string {
  mergeLayers(folders);
  refuseLargeFiles(folders);
  const imports: string[] = [];
  const entries: string[] = [];
  for (const { files, layer, path, sum } of folders) {
    const names = files.map((file, index) => ({ name: file.name, id: `${layer}${index + 1}` }));
    for (const { name, id } of names) imports.push(importLine(id, `./${layer}/${name}`));
    if (sum !== undefined) imports.push(importLine(`${layer}Sum`, `./${layer}/atlas.sum`));
    entries.push(
      "  {",
      `    layer: ${JSON.stringify(layer)},`,
      `    path: ${JSON.stringify(path)},`,
      "    files: [",
      ...names.map(({ name, id }) => `      { name: ${JSON.stringify(name)}, text: ${id} },`),
      "    ],",
      `    sum: ${sum === undefined ? "undefined" : `${layer}Sum`},`,
      "  },",
    );
  }
  return `// Written by \`deno task embed\`; do not edit.
import type { Folder } from "../../src/migrations/mod.ts";
${imports.join("\n")}

/** The migrations inside the program. */
export const folders: readonly Folder[] = [
${entries.join("\n")}
];
`;
}

function importLine(id: string, path: string): string {
  return `import ${id} from ${JSON.stringify(path)} with { type: "text" };`;
}

function refuseLargeFiles(folders: readonly Folder[]): void {
  for (const { files, path } of folders) {
    for (const { name, text } of files) {
      const bytes = new TextEncoder().encode(text).length;
      if (bytes <= MAX_BYTES) continue;
      throw new MigrateError(
        "migration_too_large",
        `Cannot embed "${path}/${name}": it has ${bytes} bytes, and 8 MiB is the most`,
        { hint: "Load the data by other means, or split the file" },
      );
    }
  }
}

/** Writes the module, or with `--check` only says whether it is up to date. */
async function run(args: readonly string[]): Promise<number> {
  const target = `${DIRECTORY}/embed.ts`;
  const fresh = embedModule(await readFolders(DIRECTORY));
  const present = await Deno.readTextFile(target).catch(() => "");
  if (fresh === present) return 0;
  if (args.includes("--check")) {
    console.error(`${target} is stale: run deno task embed`);
    return 1;
  }
  await Deno.writeTextFile(target, fresh);
  console.log(`wrote ${target}`);
  return 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await run(Deno.args));
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error;
    console.error(`error[${error.code}]: ${error.message}`);
    for (const line of error.details) console.error(`  ${line}`);
    console.error(`hint: ${error.hint}`);
    Deno.exit(error.exit);
  }
}
