import { MigrateError } from "./errors.ts";
import { LAYERS } from "./layers.ts";
import { FileOnDisk, unreadable } from "./file_on_disk.ts";
import { checkText, type Folder, type PlainFolder } from "./migrations/mod.ts";

const SUMS = "atlas.sum";

/**
 * Reads the folders of the layers below a directory of migrations. A layer without a folder is
 * empty; git keeps no empty ones.
 *
 * @throws {MigrateError} `migrations_missing` when there is no such directory or it holds no layer,
 * `migrations_unreadable`, `migration_encoding`.
 */
export async function readFolders(directory: string): Promise<readonly Folder[]> {
  return await readLayers(directory, readFolder);
}

/**
 * Finds a directory of migrations: the folders of its layers, or if it has none the files that
 * stand in it, as Atlas takes them. The files themselves are read when they are needed.
 *
 * @throws {MigrateError} `migrations_missing`, `migrations_unreadable`, `migration_encoding` of an
 * `atlas.sum`.
 */
export async function findMigrations(
  directory: string,
): Promise<readonly Folder[] | PlainFolder> {
  const names = entries(directory);
  const plain = names !== undefined && !hasLayers(names) &&
    names.some((name) => name.endsWith(".sql") || name === SUMS);
  if (!plain) return await readLayers(directory, (path) => findFiles(path, { mark: false }));
  return await findFiles(directory.replace(/[/\\]$/, ""), { mark: true });
}

async function readLayers(
  directory: string,
  read: (path: string) => Promise<PlainFolder>,
): Promise<readonly Folder[]> {
  const names = entries(directory);
  if (names === undefined) throw missing(directory, "is not a directory");
  if (!hasLayers(names)) throw missing(directory, "has no folder of a layer");
  const folders: Folder[] = [];
  for (const layer of LAYERS) {
    const path = `${directory.replace(/[/\\]$/, "")}/${layer}`;
    folders.push({ layer, ...await read(path) });
  }
  return folders;
}

async function readFolder(path: string): Promise<PlainFolder> {
  const names = entries(path) ?? [];
  const read = async (name: string) => ({ name, text: await readText(path, name) });
  return {
    path,
    files: await Promise.all(names.filter((name) => name.endsWith(".sql")).sort().map(read)),
    sum: names.includes(SUMS) ? await readText(path, SUMS) : undefined,
  };
}

/** `mark` allows files to begin with a byte order mark. */
async function findFiles(
  path: string,
  { mark }: { readonly mark: boolean },
): Promise<PlainFolder> {
  const names = entries(path) ?? [];
  return {
    path,
    files: names.filter((name) => name.endsWith(".sql")).sort().map((name) =>
      new FileOnDisk(name, { file: `${path}/${name}`, path: `${path}/${name}`, mark })
    ),
    sum: names.includes(SUMS) ? await readText(path, SUMS) : undefined,
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

async function readText(folder: string, name: string): Promise<string> {
  const path = `${folder}/${name}`;
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return checkText(bytes, path);
}

/** The names in a directory, or nothing when there is none. */
function entries(directory: string): readonly string[] | undefined {
  try {
    return Array.from(Deno.readDirSync(directory), (entry) => entry.name);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw unreadable(directory, cause);
  }
}
