import { type BaseFiles } from "../git.ts";
import type { Folder } from "../migrations/mod.ts";
import { planRenumber, type Rename } from "../sequence.ts";
import { findAltered, refuseAltered } from "./append_only.ts";
import { changeCheckout, withFiles } from "./checkout_change.ts";

/** What `genmigrate renumber` needs to know. */
export interface RenumberRequest {
  readonly out: string;
  readonly base: BaseFiles;
}

/**
 * Gives new numbers to the migrations that the base branch does not have, after those that it has.
 *
 * @returns the new names, none when all numbers are right.
 * @throws {MigrateError} `base_changed`, `sequence_full`, and the codes of `changeCheckout`.
 */
export async function renumber(request: RenumberRequest): Promise<readonly Rename[]> {
  const { base, out } = request;
  let renames: readonly Rename[] = [];
  await changeCheckout(out, (folders) => {
    refuseAltered(findAltered(folders, base), base);
    const files = folders.flatMap(({ files, layer }) =>
      files.map(({ name }) => ({ layer, file: name }))
    );
    const isBase = ({ file, layer }: { readonly layer: string; readonly file: string }) =>
      base.blobs.has(`${layer}/${file}`);
    renames = planRenumber(files.filter((file) => !isBase(file)), files.filter(isBase));
    return Promise.resolve(folders.map((folder) => renamed(folder, renames)));
  });
  return renames;
}

function renamed(folder: Folder, renames: readonly Rename[]): Folder {
  const files = folder.files.map(({ name, text }) => ({
    name: renames.find(({ from, layer }) => layer === folder.layer && from === name)?.to ?? name,
    text,
  }));
  return withFiles(folder, files.toSorted((a, b) => a.name < b.name ? -1 : 1));
}
