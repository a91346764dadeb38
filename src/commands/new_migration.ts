import type { Layer } from "../layers.ts";
import { mergeLayers } from "../migrations/mod.ts";
import { nextVersion } from "../sequence.ts";
import { changeCheckout, withFiles } from "./checkout_change.ts";

/** What `genmigrate new` needs to know. */
export interface NewRequest {
  readonly name: string;
  readonly layer: Layer;
  readonly out: string;
  /** Writes the text of the file, given its name; nothing to give up. */
  readonly write: (file: string) => Promise<string | undefined>;
}

/**
 * Adds a numbered file for SQL that is written by hand, summed and embedded.
 *
 * @returns the paths of what was written, relative to the directory; none when it was given up.
 * @throws {MigrateError} the codes of `changeCheckout`, `mergeLayers` and `nextVersion`.
 */
export async function newMigration(request: NewRequest): Promise<readonly string[]> {
  return await changeCheckout(request.out, async (folders) => {
    const taken = mergeLayers(folders).migrations.map(({ version }) => version);
    const name = `${nextVersion(taken)}_${request.name}.sql`;
    const text = await request.write(name);
    if (text === undefined) return undefined;
    return folders.map((folder) =>
      folder.layer === request.layer ? withFiles(folder, [...folder.files, { name, text }]) : folder
    );
  });
}
