import { type Change, lockCheckout, publish, recover } from "../checkout/mod.ts";
import { computeSums, embedModule, type Folder, formatSums } from "../migrations/mod.ts";
import { readCheckout } from "./checkout_folders.ts";

/** The name of the module through which migrations get into the program. */
export const EMBED = "embed.ts";

/**
 * Lets `plan` decide how the folders of a directory of migrations are to be, and makes it so: files,
 * sums and `embed.ts`, all or nothing, while no other run may write there. A plan that returns
 * nothing changes nothing.
 *
 * @returns the paths, relative to the directory, of what was written or removed.
 * @throws {MigrateError} `checkout_busy`, `checkout_unwritable`, and the codes of `readCheckout` and
 * `embedModule`.
 */
export async function changeCheckout(
  directory: string,
  plan: (folders: readonly Folder[]) => Promise<readonly Folder[] | undefined>,
): Promise<readonly string[]> {
  await using _lock = await lockCheckout(directory);
  await recover(directory);
  const before = await readCheckout(directory);
  const after = await plan(before);
  if (after === undefined) return [];
  const embed = await Deno.readTextFile(`${directory}/${EMBED}`).catch(() => undefined);
  const changes = changesBetween(before, after, embed);
  await publish(directory, changes);
  return changes.map(({ path }) => path);
}

/** A layer's folder with other files, and the sums that belong to them. */
export function withFiles(folder: Folder, files: Folder["files"]): Folder {
  return {
    ...folder,
    files,
    sum: files.length === 0 && folder.sum === undefined
      ? undefined
      : formatSums(computeSums(files)),
  };
}

function changesBetween(
  before: readonly Folder[],
  after: readonly Folder[],
  embed: string | undefined,
): readonly Change[] {
  const present = new Map(before.flatMap(textsOf));
  const wanted = new Map(after.flatMap(textsOf));
  const fresh = embedModule(after);
  return [
    ...[...wanted].filter(([path, text]) => present.get(path) !== text)
      .map(([path, text]): Change => ({ path, text })),
    ...[...present.keys()].filter((path) => !wanted.has(path))
      .map((path): Change => ({ path, text: undefined })),
    ...(fresh === embed ? [] : [{ path: EMBED, text: fresh }]),
  ];
}

function textsOf({ files, layer, sum }: Folder): readonly (readonly [string, string])[] {
  return [
    ...files.map(({ name, text }) => [`${layer}/${name}`, text] as const),
    ...(sum === undefined ? [] : [[`${layer}/atlas.sum`, sum] as const]),
  ];
}
