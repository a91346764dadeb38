// deno-lint-ignore-file no-console -- a script prints
import { dirname, join, normalize } from "node:path";

/**
 * The floors of the house, the lowest first. A file may import from a lower floor, and sideways
 * only inside its own folder; a folder with a `mod.ts` is entered by that door. Patterns are tried
 * in order, and a file that none names is a fault.
 */
const FLOORS: readonly (readonly RegExp[])[] = [
  // 0 ground: plain types, tables and errors
  [/^src\/(?:errors|layers|database|duration|version|world|environment)\.ts$/],
  // 1 pure: values in, values out
  [/^src\/migrations\//, /^src\/(?:dsn|redact|failure|report|transaction_control)\.ts$/],
  // 2 edges: each touches one thing outside
  [
    /^src\/(?:config|atlas|postgres)\//,
    /^src\/(?:authorities|directory|owned_folder)\.ts$/,
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
  /^src\/migrations\//,
  /^src\/(?:dsn|redact|failure|report|transaction_control)\.ts$/,
  /^src\/atlas\/(?:hcl|batches)\.ts$/,
];

/** Everything in the sources that breaks the order of the floors, one line each. */
async function faults(): Promise<readonly string[]> {
  const files = [...await walk("src"), "deploy/migrations/embed.ts"];
  const result: string[] = [];
  for (const file of files) {
    const text = await Deno.readTextFile(file);
    const floor = floorOf(file);
    if (floor < 0) result.push(`${file}: stands on no floor; add it to scripts/layout.ts`);
    for (const target of importsOf(file, text)) {
      const fault = checkImport(file, target);
      if (fault !== undefined) result.push(`${file}: ${fault}`);
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

function checkImport(from: string, to: string): string | undefined {
  if (!to.endsWith(".ts")) return undefined;
  const sameFolder = dirname(from) === dirname(to) && dirname(from) !== "src";
  if (sameFolder) return undefined;
  const within = dirname(from) !== "src" && to.startsWith(`${dirname(from)}/`);
  if (within) return to.endsWith("/mod.ts") ? undefined : `goes past the door of ${dirname(to)}`;
  if (dirname(from) === "src" && dirname(to) === "src" && floorOf(from) === floorOf(to)) {
    return undefined;
  }
  // The private parts of a folder are open to the folders within it.
  if (dirname(to) !== "src" && dirname(from).startsWith(`${dirname(to)}/`)) return undefined;
  // The plain files on the ground floor and beside the pure ones form one floor each.
  const inside = /^src\/(migrations|config|atlas|postgres)\//.exec(to);
  if (inside !== null && !to.endsWith("/mod.ts")) return `enters ${inside[1]} past its door: ${to}`;
  if (floorOf(to) < floorOf(from)) return undefined;
  if (floorOf(to) === floorOf(from) && floorOf(from) === 1) return undefined;
  if (floorOf(to) === 2 && /owned_folder|directory|authorities/.test(to)) return undefined;
  return `imports ${to}, which is not below it`;
}

function floorOf(file: string): number {
  return FLOORS.findIndex((patterns) => patterns.some((pattern) => pattern.test(file)));
}

function importsOf(file: string, text: string): readonly string[] {
  return [...text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, path]) =>
    normalize(join(dirname(file), path ?? "")).replaceAll("\\", "/")
  );
}

function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
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
  const found = await faults();
  for (const fault of found) console.error(fault);
  Deno.exit(found.length === 0 ? 0 : 1);
}
