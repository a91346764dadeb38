import { folders } from "../../deploy/migrations/embed.ts";
import { readMigrations } from "../directory.ts";
import { mergeLayers, plainPool, type Pool } from "../migrations/mod.ts";

/**
 * The migrations on offer: those inside the program, or those of a directory, with layers or
 * without.
 *
 * @throws {MigrateError} the codes of `readMigrations`, `mergeLayers` and `plainPool`.
 */
export async function loadPool(directory: string | undefined): Promise<Pool> {
  const found = directory === undefined ? folders : await readMigrations(directory);
  return "path" in found ? plainPool(found) : mergeLayers(found);
}
