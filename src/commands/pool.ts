import { folders } from "../../deploy/migrations/embed.ts";
import { findMigrations } from "../directory.ts";
import {
  mergeLayers,
  type PlainFolder,
  plainPool,
  type Pool,
  trustedPool,
} from "../migrations/mod.ts";

/**
 * The migrations on offer: those inside the program, or those of a directory, with layers or
 * without.
 *
 * @throws {MigrateError} the codes of `findMigrations`, `mergeLayers` and `plainPool`.
 */
export async function loadPool(directory: string | undefined): Promise<Pool> {
  return await load(directory, plainPool);
}

/**
 * The same for a run that often has nothing to do: a directory without layers is compared with its
 * sums by `verify`, once it turns out that something is pending.
 *
 * @throws {MigrateError} as `loadPool`.
 */
export async function loadPoolUnread(directory: string | undefined): Promise<Pool> {
  return await load(directory, (folder) => trustedPool(folder) ?? plainPool(folder));
}

async function load(
  directory: string | undefined,
  plain: (folder: PlainFolder) => Pool,
): Promise<Pool> {
  const found = directory === undefined ? folders : await findMigrations(directory);
  return "path" in found ? plain(found) : mergeLayers(found);
}
