import { MigrateError } from "../errors.ts";
import { type BaseFiles, isBlob } from "../git.ts";
import type { Folder } from "../migrations/mod.ts";

/** A migration that other branches have, and that is no longer what they have. */
export interface Altered {
  /** For messages. */
  readonly path: string;
  readonly how: "changed" | "gone";
}

/** Which migrations of the base branch are changed or gone here: a history only grows. */
export function findAltered(folders: readonly Folder[], base: BaseFiles): readonly Altered[] {
  const altered: Altered[] = [];
  for (const [path, blob] of base.blobs) {
    const [layer, name, ...rest] = path.split("/");
    const folder = folders.find((one) => one.layer === layer);
    if (folder === undefined || name === undefined || rest.length > 0 || !name.endsWith(".sql")) {
      continue;
    }
    const file = folder.files.find((one) => one.name === name);
    if (file === undefined) altered.push({ path: `${folder.path}/${name}`, how: "gone" });
    else if (!isBlob(file.text, blob)) {
      altered.push({ path: `${folder.path}/${name}`, how: "changed" });
    }
  }
  return altered;
}

/**
 * Refuses to go on when a migration of the base branch was altered.
 *
 * @throws {MigrateError} `base_changed` with all of them.
 */
export function refuseAltered(altered: readonly Altered[], base: BaseFiles): void {
  if (altered.length === 0) return;
  throw new MigrateError(
    "base_changed",
    `Cannot go on: ${altered.length} ${
      altered.length === 1 ? "migration" : "migrations"
    } of ${base.ref} ${altered.length === 1 ? "is" : "are"} not what ${
      altered.length === 1 ? "it was" : "they were"
    }`,
    {
      details: altered.map(({ how, path }) => `${path}: ${how}`),
      hint:
        `Restore them (git checkout ${base.ref} -- <file>), and put the change into a new migration`,
      data: { altered },
    },
  );
}
