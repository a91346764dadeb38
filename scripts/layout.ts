// deno-lint-ignore-file no-console -- a script prints
import { dirname, join, normalize } from "node:path";

/**
 * The floors of the house, the lowest first. A file may import from a lower floor, and sideways
 * only inside its own folder; a folder with a `mod.ts` is entered by that door. Patterns are tried
 * in order, and a file that none names is a fault.
 */
const FLOORS: readonly (readonly RegExp[])[] = [
  // 0 ground: plain types, tables and errors
  [/^src\/(?:errors|error_data|layers|looks|byte_size|database|duration|version|world|environment|out_of_reach|shell_word|did_you_mean)\.ts$/],
  // 1 pure: values in, values out
  [
    /^src\/(?:migrations|impact|documents|topics)\//,
    /^src\/(?:dsn|redact|failure|report|transaction_control|executable|sequence|generated|foreign_keys|unseen)\.ts$/,
  ],
  // 2 edges: each touches one thing outside
  [
    /^src\/(?:config|atlas|postgres|declared|checkout|parser)\//,
    /^src\/(?:authorities|directory|file_on_disk|owned_folder|git|editor|report_file|repository_path)\.ts$/,
    /^deploy\/migrations\/embed\.ts$/,
  ],
  // 3 use cases
  [/^src\/commands\//],
  // 4 shell
  [/^src\/cli\//],
  // 5 entries
  [/^src\/(?:migrate|genmigrate|entry)\.ts$/],
];

const PURE = [
  /^src\/(?:migrations|impact|documents|topics)\//,
  /^src\/(?:dsn|redact|failure|report|transaction_control|executable|sequence|generated|foreign_keys|unseen)\.ts$/,
  /^src\/atlas\/(?:hcl|batches)\.ts$/,
  /^src\/declared\/(?:go_source|ent_program)\.ts$/,
];

/** Of these the programs need the types alone. */
const LOADS_SCHEMAS = /^(?:import|export) (?!type)[^;]*"[^"]*(?:documents\/mod|error_data)\.ts"/m;

/** Everything in the sources that breaks the order of the floors, one line each; texts by path. */
export function layoutFaults(sources: ReadonlyMap<string, string>): readonly string[] {
  const result: string[] = [];
  for (const [file, text] of sources) {
    const floor = floorOf(file);
    if (floor < 0) result.push(`${file}: stands on no floor; add it to scripts/layout.ts`);
    for (const target of importsOf(file, text)) {
      const fault = checkImport(file, target, sources);
      if (fault !== undefined) result.push(`${file}: ${fault}`);
    }
    if (!file.startsWith("src/documents/") && LOADS_SCHEMAS.test(text)) {
      result.push(`${file}: loads the schemas of documents, which no start may wait for`);
    }
    if (PURE.some((pattern) => pattern.test(file)) && /\bDeno\.|\bawait\b/.test(code(text))) {
      result.push(`${file}: is pure, and uses Deno or await`);
    }
    if (floor < 5 && /\bDeno\.(?:args|env|exit|addSignalListener)\b/.test(code(text))) {
      result.push(`${file}: only an entry may use the process itself`);
    }
  }
  return result;
}

function checkImport(
  from: string,
  to: string,
  sources: ReadonlyMap<string, string>,
): string | undefined {
  if (!to.endsWith(".ts")) return undefined;
  const inFolder = dirname(from) !== "src";
  if (dirname(to) !== "src" && from.startsWith(`${dirname(to)}/`)) return undefined;
  // Whoever comes from outside meets the outermost door first.
  const closed = foldersOf(to).find((folder) =>
    sources.has(`${folder}/mod.ts`) && !from.startsWith(`${folder}/`)
  );
  if (closed !== undefined && to !== `${closed}/mod.ts`) {
    return `enters ${closed} past its door: ${to}`;
  }
  if (inFolder && to.startsWith(`${dirname(from)}/`)) return undefined;
  if (floorOf(to) < floorOf(from)) return undefined;
  // The plain files of one floor are beside each other, and so are those beside the pure folder.
  const sideways = floorOf(to) === floorOf(from);
  if (sideways && ((!inFolder && dirname(to) === "src") || floorOf(from) === 1)) return undefined;
  // Some edges share these.
  if (sideways && /^src\/(?:owned_folder|directory|authorities|file_on_disk)\.ts$/.test(to)) {
    return undefined;
  }
  return `imports ${to}, which is not below it`;
}

/** The folders that a file is in, the outermost first. */
function foldersOf(file: string): readonly string[] {
  const parts = dirname(file).split("/");
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}

function floorOf(file: string): number {
  return FLOORS.findIndex((patterns) => patterns.some((pattern) => pattern.test(file)));
}

function importsOf(file: string, text: string): readonly string[] {
  return [...text.matchAll(/(?:from|import|import\()\s*"(\.[^"]+)"/g)].map(([, path]) =>
    normalize(join(dirname(file), path ?? "")).replaceAll("\\", "/")
  );
}

function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
}

async function readSources(): Promise<ReadonlyMap<string, string>> {
  const files = [...await walk("src"), "deploy/migrations/embed.ts"];
  return new Map(
    await Promise.all(files.map(async (file) => [file, await Deno.readTextFile(file)] as const)),
  );
}

async function walk(folder: string): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) files.push(...await walk(path));
    else if (entry.name.endsWith(".ts")) files.push(path);
  }
  return files.sort();
}

if (import.meta.main) {
  const found = layoutFaults(await readSources());
  for (const fault of found) console.error(fault);
  Deno.exit(found.length === 0 ? 0 : 1);
}
