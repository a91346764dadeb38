import { join } from "node:path";
import { MigrateError } from "./errors.ts";
import { LAYERS } from "./layers.ts";
import { checkText, type Folder } from "./migrations/mod.ts";

/**
 * Reads the folders of the layers below a directory of migrations. A layer without a folder is
 * empty; git keeps no empty ones.
 *
 * @throws {MigrateError} `migrations_missing` when there is no such directory or it holds no layer,
 * `migrations_unreadable`, `migration_encoding`.
 */
export async function readFolders(directory: string): Promise<readonly Folder[]> {
  const names = await entries(directory);
  if (names === undefined) {
    throw new MigrateError(
      "migrations_missing",
      `Cannot read migrations: "${directory}" is not a directory`,
      { hint: `Give the folder that holds ${LAYERS.join(", ")}` },
    );
  }
  const folders: Folder[] = [];
  for (const layer of LAYERS) {
    const path = `${directory.replace(/[/\\]$/, "")}/${layer}`;
    const files = (await entries(path)) ?? [];
    folders.push({
      layer,
      path,
      files: await Promise.all(
        files.filter((name) => name.endsWith(".sql")).sort().map(async (name) => ({
          name,
          text: await readText(path, name),
        })),
      ),
      sum: files.includes("atlas.sum") ? await readText(path, "atlas.sum") : undefined,
    });
  }
  if (!names.some((name) => (LAYERS as readonly string[]).includes(name))) {
    throw new MigrateError(
      "migrations_missing",
      `Cannot read migrations: "${directory}" has no folder of a layer`,
      { hint: `Give the folder that holds ${LAYERS.join(", ")}` },
    );
  }
  return folders;
}

async function readText(folder: string, name: string): Promise<string> {
  const path = `${folder}/${name}`;
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(join(folder, name));
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return checkText(bytes, path);
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
