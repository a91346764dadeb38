import { folders, sum } from "../../deploy/migrations/embed.ts";
import { findMigrations } from "../directory.ts";
import {
  mergeLayers,
  type PlainFolder,
  plainPool,
  type Pool,
  sealedPool,
  trustedPool,
} from "../migrations/mod.ts";

/**
 * The migrations on offer: those inside the program, or those of a directory, with layers or
 * without.
 *
 * @throws {MigrateError} the codes of `findMigrations`, `mergeLayers` and `plainPool`.
 */
export async function loadPool(directory: string | undefined): Promise<Pool> {
  return directory === undefined ? mergeLayers(folders) : await load(directory, plainPool);
}

/**
 * The same for a run that often has nothing to do: what has sums for all of its files together is
 * compared with them by `verify`, once it turns out that something is pending.
 *
 * @throws {MigrateError} as `loadPool`.
 */
export async function loadPoolUnread(directory: string | undefined): Promise<Pool> {
  if (directory === undefined) return sealedPool(folders, sum) ?? mergeLayers(folders);
  return await load(directory, (folder) => trustedPool(folder) ?? plainPool(folder));
}

async function load(directory: string, plain: (folder: PlainFolder) => Pool): Promise<Pool> {
  const found = await findMigrations(directory);
  return "path" in found ? plain(found) : mergeLayers(found);
}
