import { join } from "node:path";
import { MigrateError } from "../errors.ts";
import { compareBytes } from "../migrations/mod.ts";
import { outOfReach } from "../out_of_reach.ts";

/** What a folder holds, names in byte order. */
export interface Entries {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/**
 * Lists a folder, or returns nothing when there is none. A link counts as the file that it leads to;
 * one that leads to a folder is left out, as Go does.
 *
 * @throws {MigrateError} `schema_unreadable`.
 */
export async function listFolder(folder: string): Promise<Entries | undefined> {
  const files: string[] = [];
  const folders: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isDirectory) folders.push(entry.name);
      else if (entry.isFile || await leadsToFile(join(folder, entry.name))) files.push(entry.name);
    }
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    throw unreadable(folder, cause);
  }
  return { files: files.sort(compareBytes), folders: folders.sort(compareBytes) };
}

/** Whether there is such a file. */
export async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (cause) {
    if (isAbsent(cause)) return false;
    throw unreadable(path, cause);
  }
}

/**
 * Reads a file of a declaration.
 *
 * @throws {MigrateError} `schema_unreadable`.
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function leadsToFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    // A link that leads nowhere.
    return false;
  }
}

function isAbsent(cause: unknown): boolean {
  return cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory;
}

function unreadable(path: string, cause: unknown): MigrateError {
  const { hint = "Check the rights on it", state = "is not readable" } = outOfReach(cause) ?? {};
  return new MigrateError(
    "schema_unreadable",
    `Cannot read the declared schema: "${path}" ${state}`,
    { hint, cause },
  );
}
