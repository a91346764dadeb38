import { MigrateError } from "../errors.ts";
import { type Folder, mergeLayers } from "./pool.ts";

const MAX_BYTES = 8 * 1024 * 1024;

/**
 * The text of `embed.ts`: one import for each file, so that bundler and compiler take it in, the
 * folders made of them, and the sums of all of them together. The same files give the same text.
 *
 * @throws {MigrateError} `migration_too_large` for a file over 8 MiB, and the codes of `mergeLayers`.
 */
export function embedModule(folders: readonly Folder[]): string {
  const merged = mergeLayers(folders);
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
      `    path: ${JSON.stringify(labelOf(path))},`,
      "    files: [",
      ...names.map(({ name, id }) => `      { name: ${JSON.stringify(name)}, text: ${id} },`),
      "    ],",
      `    sum: ${sum === undefined ? "undefined" : `${layer}Sum`},`,
      "  },",
    );
  }
  return `// Written by genmigrate; do not edit.
${imports.join("\n")}

/** The migrations inside the program. */
export const folders = [
${entries.join("\n")}
] as const;

/** The sums of all of them in one directory: computed here, so that no start has to. */
export const sum = \`${merged.sum}\`;
`;
}

/** The same however the directory was named: `deploy/migrations/bronze`. */
function labelOf(path: string): string {
  return path.split(/[/\\]/).filter((part) => part !== "").slice(-3).join("/");
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
