import { folders } from "../../deploy/migrations/embed.ts";
import { readFolders } from "../directory.ts";
import { mergeLayers, type Pool } from "../migrations/mod.ts";

/**
 * The migrations on offer: those inside the program, or those of a directory.
 *
 * @throws {MigrateError} the codes of `readFolders` and `mergeLayers`.
 */
export async function loadPool(directory: string | undefined): Promise<Pool> {
  return mergeLayers(directory === undefined ? folders : await readFolders(directory));
}
