import { readFolders } from "../directory.ts";
import { MigrateError } from "../errors.ts";
import { LAYERS } from "../layers.ts";
import type { Folder } from "../migrations/mod.ts";

/**
 * The folders of the layers in a directory of migrations; where there is no directory yet, a history
 * begins, and they are empty.
 *
 * @throws {MigrateError} the codes of `readFolders` but `migrations_missing`.
 */
export async function readCheckout(directory: string): Promise<readonly Folder[]> {
  try {
    return await readFolders(directory);
  } catch (error) {
    if (!(error instanceof MigrateError) || error.code !== "migrations_missing") throw error;
    return LAYERS.map((layer) => ({
      layer,
      path: `${directory}/${layer}`,
      files: [],
      sum: undefined,
    }));
  }
}
