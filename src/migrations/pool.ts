import { MigrateError } from "../errors.ts";
import type { Layer } from "../layers.ts";
import { isSumIgnored, readDirectives } from "./directives.ts";
import { compareBytes, parseName } from "./name.ts";
import { computeSums, formatSums, type SourceFile, type Sums, verifySums } from "./sums.ts";

/** The files of one layer, as they were read. */
export interface Folder {
  readonly layer: Layer;
  /** For messages: `deploy/migrations/bronze`. */
  readonly path: string;
  readonly files: readonly SourceFile[];
  /** The text of its `atlas.sum`, if it has one. */
  readonly sum: string | undefined;
}

/** One migration on offer. */
export interface Migration {
  /** Nothing in a plain directory, which has no layers. */
  readonly layer: Layer | undefined;
  /** The name of the file. */
  readonly file: string;
  /** Where it stands, for messages. */
  readonly path: string;
  readonly version: string;
  readonly description: string;
  readonly text: string;
  /** Its entry in the sums of the merged directory, without `h1:`. */
  readonly hash: string;
  /** Its entry in the sums of its own layer, without `h1:`. */
  readonly layerHash: string;
  /** Whether it holds all that went before it. */
  readonly checkpoint: boolean;
}

/** All migrations on offer, in the one order in which they are applied. */
export interface Pool {
  readonly migrations: readonly Migration[];
  /** The text of the `atlas.sum` of the merged directory. */
  readonly sum: string;
}

const NAME = /^\d{4}_[a-z0-9_]+\.sql$/;

/**
 * Checks each layer against its own sums and merges all into one global order. Layers share one
 * revisions table, so a version may stand only once in all of them.
 *
 * @throws {MigrateError} `sum_missing`, `sum_format`, `sum_mismatch`, `migration_name`,
 * `duplicate_version`, `sum_ignored`; all wrong names and all clashes at once.
 */
export function mergeLayers(folders: readonly Folder[]): Pool {
  const sums = folders.map((folder) =>
    verifySums(folder.files, { text: folder.sum, path: folder.path })
  );
  refuseNames(folders);
  refuseIgnored(folders);
  refuseDuplicates(folders);
  const merged = computeSums(folders.flatMap((folder) => folder.files));
  const hashes = hashesOf(merged);
  const migrations = folders.flatMap((folder, index) => {
    const own = hashesOf(sums[index] ?? merged);
    return folder.files.map(({ name, text }): Migration => ({
      layer: folder.layer,
      file: name,
      path: `${folder.path}/${name}`,
      ...parseName(name),
      text,
      hash: hashes.get(name) ?? "",
      layerHash: own.get(name) ?? "",
      checkpoint: readDirectives(text).checkpoint,
    }));
  });
  return {
    migrations: migrations.sort((a, b) => compareBytes(a.file, b.file)),
    sum: formatSums(merged),
  };
}

function hashesOf(sums: Sums): ReadonlyMap<string, string> {
  return new Map(sums.entries.map(({ name, hash }) => [name, hash]));
}

function refuseNames(folders: readonly Folder[]): void {
  const wrong = paths(folders, ({ name }) => !NAME.test(name));
  if (wrong.length === 0) return;
  throw new MigrateError(
    "migration_name",
    `Cannot order migrations: ${
      wrong.length === 1 ? "a name is" : `${wrong.length} names are`
    } not NNNN_name.sql`,
    {
      details: wrong,
      hint: "Rename them to four digits, an underscore and [a-z0-9_]+, then run: genmigrate hash",
      data: { files: wrong },
    },
  );
}

function refuseIgnored(folders: readonly Folder[]): void {
  const ignored = paths(folders, ({ text }) => isSumIgnored(text));
  if (ignored.length === 0) return;
  throw new MigrateError(
    "sum_ignored",
    `Cannot apply a file that is left out of the sums (atlas:sum ignore)`,
    {
      details: ignored,
      hint: "Remove the directive, then run: genmigrate hash",
      data: { files: ignored },
    },
  );
}

function refuseDuplicates(folders: readonly Folder[]): void {
  const owners = new Map<string, string[]>();
  for (const folder of folders) {
    for (const { name } of folder.files) {
      const { version } = parseName(name);
      const paths = owners.get(version) ?? [];
      owners.set(version, [...paths, `${folder.path}/${name}`]);
    }
  }
  const clashes = [...owners].filter(([, files]) => files.length > 1);
  if (clashes.length === 0) return;
  throw new MigrateError(
    "duplicate_version",
    `Cannot order migrations: ${clashes.map(([version]) => version).join(", ")} ${
      clashes.length === 1 ? "is" : "are"
    } taken more than once`,
    {
      details: clashes.map(([version, files]) => `${version}: ${files.join(", ")}`),
      hint: "Give the younger file of each the next free number: genmigrate renumber",
      data: { clashes: Object.fromEntries(clashes) },
    },
  );
}

function paths(folders: readonly Folder[], wrong: (file: SourceFile) => boolean): string[] {
  return folders.flatMap((folder) =>
    folder.files.filter(wrong).map((file) => `${folder.path}/${file.name}`)
  );
}
