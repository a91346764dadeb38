import { MigrateError } from "../errors.ts";
import type { Layer } from "../layers.ts";
import { type Directives, isSumIgnored, readDirectives } from "./directives.ts";
import { compareBytes, parseName } from "./name.ts";
import {
  computeSums,
  formatSums,
  type SourceFile,
  type Sums,
  trustSums,
  verifySums,
} from "./sums.ts";

/** The files of a folder of migrations. What is in one may be read only when it is asked for. */
export interface PlainFolder {
  /** For messages: `deploy/migrations/bronze`. */
  readonly path: string;
  readonly files: readonly SourceFile[];
  /** The text of its `atlas.sum`, if it has one. */
  readonly sum: string | undefined;
}

/** The folder of one layer. */
export interface Folder extends PlainFolder {
  readonly layer: Layer;
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
  /**
   * What is in the file, all at once.
   *
   * @throws {MigrateError} the codes of reading, where it is read only now, and `sum_mismatch` where
   * it has changed since it was hashed.
   */
  readonly text: string;
  /**
   * The same in pieces, none of which ends in the midst of a character; a file on disk is read for
   * them each time.
   *
   * @throws {MigrateError} as `text`.
   */
  readonly texts: () => Iterable<string>;
  /** What the comments at its head say. */
  readonly directives: Directives;
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
  /**
   * Compares the files with their sums, where that was put off; whoever uses more of them than names
   * and hashes does so first.
   *
   * @throws {MigrateError} `sum_mismatch` and the codes of reading.
   */
  readonly verify?: () => void;
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
  const own = folders.map((folder) =>
    verifySums(folder.files, { text: folder.sum, path: folder.path })
  );
  refuseNames(folders);
  refuseIgnored(folders);
  refuseDuplicates(folders);
  return layeredPool(folders, { merged: computeSums(filesOf(folders)), own });
}

/**
 * The same pool, taken at the word of the sums that were written down when the files were put into
 * the program, or nothing where those are of other files. `sum` is that of the merged directory.
 *
 * @throws {MigrateError} `sum_format`.
 */
export function sealedPool(folders: readonly Folder[], sum: string): Pool | undefined {
  const merged = trustSums(filesOf(folders), { text: sum, path: "", sealed: true });
  const own = folders.flatMap(({ files, path, sum }) =>
    trustSums(files, { text: files.length === 0 ? "h1:" : sum, path, sealed: true }) ?? []
  );
  if (merged === undefined || own.length < folders.length) return undefined;
  const verify = () => {
    if (mergeLayers(folders).sum !== sum) throw stale();
  };
  return { ...layeredPool(folders, { merged, own }), verify };
}

function stale(): MigrateError {
  return new MigrateError(
    "sum_mismatch",
    "Cannot trust the migrations inside this program: their sums were written for other files",
    { hint: "Write deploy/migrations/embed.ts anew with deno task embed, then compile it again" },
  );
}

function layeredPool(
  folders: readonly Folder[],
  { merged, own }: { readonly merged: Sums; readonly own: readonly Sums[] },
): Pool {
  const hashes = hashesOf(merged);
  const migrations = folders.flatMap((folder, index) => {
    const layerHashes = hashesOf(own[index] ?? merged);
    return folder.files.map((file) =>
      new OfferedMigration(file, {
        layer: folder.layer,
        folder: folder.path,
        hash: hashes.get(file.name),
        layerHash: layerHashes.get(file.name),
      })
    );
  });
  return {
    migrations: migrations.sort((a, b) => compareBytes(a.file, b.file)),
    sum: formatSums(merged),
  };
}

function filesOf(folders: readonly Folder[]): readonly SourceFile[] {
  return folders.flatMap(({ files }) => files);
}

/**
 * The pool of one directory without layers, as Atlas has it: any names in the order of their bytes,
 * and whatever stands before the first underscore is the version. A file that is left out of the
 * sums fails when it is its turn, as with Atlas.
 *
 * @throws {MigrateError} `sum_missing`, `sum_format`, `sum_mismatch`, `duplicate_version`.
 */
export function plainPool(folder: PlainFolder): Pool {
  return poolFrom(folder, verifySums(folder.files, { text: folder.sum, path: folder.path }));
}

function poolFrom(folder: PlainFolder, sums: Sums): Pool {
  refuseDuplicates([folder]);
  const hashes = hashesOf(sums);
  const migrations = folder.files.map((file) => {
    const hash = hashes.get(file.name);
    return new OfferedMigration(file, {
      layer: undefined,
      folder: folder.path,
      hash,
      layerHash: hash,
    });
  });
  return {
    migrations: migrations.sort((a, b) => compareBytes(a.file, b.file)),
    get sum() {
      return formatSums(sums);
    },
  };
}

/**
 * The same pool, taken at the word of its `atlas.sum` without reading the files, or nothing where
 * that and the names differ. Its history can be judged, for the sums stand in that as well.
 *
 * @throws {MigrateError} `sum_format`, `sum_mismatch`, `duplicate_version`.
 */
export function trustedPool(folder: PlainFolder): Pool | undefined {
  const sums = trustSums(folder.files, { text: folder.sum, path: folder.path });
  if (sums === undefined) return undefined;
  const verify = () => void verifySums(folder.files, { text: folder.sum, path: folder.path });
  return Object.assign(poolFrom(folder, sums), { verify });
}

/** A migration whose file is read when it is asked for: of most, nobody ever wants more than the name. */
class OfferedMigration implements Migration {
  readonly layer: Layer | undefined;
  readonly file: string;
  readonly path: string;
  readonly version: string;
  readonly description: string;
  readonly hash: string;
  readonly layerHash: string;
  readonly #source: SourceFile;

  constructor(source: SourceFile, place: {
    readonly layer: Layer | undefined;
    readonly folder: string;
    readonly hash: string | undefined;
    readonly layerHash: string | undefined;
  }) {
    const { name } = source;
    const { description, version } = parseName(name);
    this.layer = place.layer;
    this.file = name;
    this.path = `${place.folder}/${name}`;
    this.version = version;
    this.description = description;
    this.hash = place.hash ?? "";
    this.layerHash = place.layerHash ?? "";
    this.#source = source;
  }

  get text(): string {
    return this.#source.text;
  }

  get texts(): () => Iterable<string> {
    const source = this.#source;
    return () => source.texts?.() ?? [source.text];
  }

  get directives(): Directives {
    return this.#source.directives ?? readDirectives(this.#source.text);
  }

  get checkpoint(): boolean {
    return this.directives.checkpoint;
  }
}

function hashesOf(sums: Sums): ReadonlyMap<string, string> {
  const hashes = new Map<string, string>();
  for (const { hash, name } of sums.entries) hashes.set(name, hash);
  return hashes;
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
  const ignored = paths(folders, (file) => file.sumIgnored ?? isSumIgnored(file.text));
  if (ignored.length > 0) throw sumIgnored(ignored);
}

/** The refusal of files that no sum covers. */
export function sumIgnored(files: readonly string[]): MigrateError {
  return new MigrateError(
    "sum_ignored",
    `Cannot apply a file that is left out of the sums (atlas:sum ignore)`,
    {
      details: files,
      hint: "Remove the directive, then write the sums anew",
      data: { files },
    },
  );
}

function refuseDuplicates(folders: readonly PlainFolder[]): void {
  const owners = new Map<string, string[]>();
  for (const { files, path } of folders) {
    for (const { name } of files) {
      const { version } = parseName(name);
      const file = `${path}/${name}`;
      const others = owners.get(version);
      if (others === undefined) owners.set(version, [file]);
      else others.push(file);
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

function paths(folders: readonly PlainFolder[], wrong: (file: SourceFile) => boolean): string[] {
  return folders.flatMap((folder) =>
    folder.files.filter(wrong).map((file) => `${folder.path}/${file.name}`)
  );
}
