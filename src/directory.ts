import { join } from "node:path";
import { MigrateError } from "./errors.ts";
import { LAYERS } from "./layers.ts";
import { checkPlainText, checkText, type Folder, type PlainFolder } from "./migrations/mod.ts";

const SUMS = "atlas.sum";

/**
 * Reads the folders of the layers below a directory of migrations. A layer without a folder is
 * empty; git keeps no empty ones.
 *
 * @throws {MigrateError} `migrations_missing` when there is no such directory or it holds no layer,
 * `migrations_unreadable`, `migration_encoding`.
 */
export async function readFolders(directory: string): Promise<readonly Folder[]> {
  const names = await entries(directory);
  if (names === undefined) throw missing(directory, "is not a directory");
  if (!hasLayers(names)) throw missing(directory, "has no folder of a layer");
  const folders: Folder[] = [];
  for (const layer of LAYERS) {
    const path = `${directory.replace(/[/\\]$/, "")}/${layer}`;
    folders.push({ layer, ...await readFolder(path, checkText) });
  }
  return folders;
}

/**
 * Reads a directory of migrations: the folders of its layers, or if it has none the files that
 * stand in it, as Atlas takes them.
 *
 * @throws {MigrateError} the codes of `readFolders`.
 */
export async function readMigrations(
  directory: string,
): Promise<readonly Folder[] | PlainFolder> {
  const names = await entries(directory);
  const plain = names !== undefined && !hasLayers(names) &&
    names.some((name) => name.endsWith(".sql") || name === SUMS);
  return plain
    ? await readFolder(directory.replace(/[/\\]$/, ""), checkPlainText)
    : await readFolders(directory);
}

type Check = (bytes: Uint8Array, path: string) => string;

async function readFolder(path: string, check: Check): Promise<PlainFolder> {
  const names = (await entries(path)) ?? [];
  const read = async (name: string) => ({ name, text: await readText(path, { name, check }) });
  return {
    path,
    files: await Promise.all(names.filter((name) => name.endsWith(".sql")).sort().map(read)),
    sum: names.includes(SUMS) ? (await read(SUMS)).text : undefined,
  };
}

function hasLayers(names: readonly string[]): boolean {
  return names.some((name) => (LAYERS as readonly string[]).includes(name));
}

function missing(directory: string, state: string): MigrateError {
  return new MigrateError(
    "migrations_missing",
    `Cannot read migrations: "${directory}" ${state}`,
    { hint: `Give the folder that holds ${LAYERS.join(", ")}` },
  );
}

async function readText(
  folder: string,
  { check, name }: { readonly name: string; readonly check: Check },
): Promise<string> {
  const path = `${folder}/${name}`;
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(join(folder, name));
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return check(bytes, path);
}

/** The names in a directory, or nothing when there is none. */
async function entries(directory: string): Promise<readonly string[] | undefined> {
  try {
    return await Array.fromAsync(Deno.readDir(directory), (entry) => entry.name);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw unreadable(directory, cause);
  }
}

function unreadable(path: string, cause: unknown): MigrateError {
  return new MigrateError(
    "migrations_unreadable",
    `Cannot read migrations: "${path}" is not readable`,
    { hint: "Check the rights on it", cause },
  );
}
