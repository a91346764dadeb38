import { join } from "node:path";
import { type Atlas, type AtlasFolder, inspectState, writeDifference } from "../atlas/mod.ts";
import { MigrateError } from "../errors.ts";
import { findMoved, type ForeignKey, readForeignKeys } from "../foreign_keys.ts";
import { type Layer, LAYERS } from "../layers.ts";
import { type Folder, mergeLayers, type Pool, splitStatements } from "../migrations/mod.ts";
import type { LayerState, Owned } from "./layer_states.ts";

/** A file that Atlas wrote. */
export interface WrittenFile {
  /** As Atlas named it, with its time stamp. */
  readonly name: string;
  readonly text: string;
}

/** What a comparison works with. */
export interface ComparisonParts {
  readonly atlas: Atlas;
  readonly folder: AtlasFolder;
  readonly devUrl: string;
  readonly states: readonly LayerState[];
  readonly owned: Owned;
  /** The name of the migration. */
  readonly name: string;
}

/**
 * Compares declared states with the migrations, a layer in the presence of the others. Atlas drops
 * whatever the wanted state leaves out, so that is always the state of the whole database: what is
 * declared of some layers, and what the migrations make of the others.
 */
export class Comparison {
  readonly #parts: ComparisonParts;
  readonly #present = new Map<string, string>();
  #folders: readonly Folder[] = [];

  constructor(parts: ComparisonParts) {
    this.#parts = parts;
  }

  /** Lays out the migrations that are compared with, new ones among them. */
  async lay(folders: readonly Folder[]): Promise<Pool> {
    const pool = mergeLayers(folders);
    this.#folders = folders;
    await this.#parts.folder.fill(pool);
    return pool;
  }

  /**
   * The file that leads from the migrations to the declared states of the layers in `declared`, none
   * of them above `layer`: what the layers above are now follows behind, since it refers to those
   * below. Nothing when there is no difference.
   *
   * @throws {MigrateError} `state_failed` with what does not load, `still_used` when it is something
   * of a layer above that does not, and the other codes of `writeDifference`.
   */
  async difference(layer: Layer, declared: ReadonlySet<Layer>): Promise<WrittenFile | undefined> {
    const { atlas, devUrl, folder, name } = this.#parts;
    const above = LAYERS.slice(LAYERS.indexOf(layer) + 1);
    const rest = await this.#presentState({ without: this.#schemas([...declared, ...above]) });
    const upper = above.length === 0
      ? ""
      : await this.#presentState({ only: this.#schemas(above) }, above);
    const wanted = this.#parts.states.filter((state) => declared.has(state.layer));
    await Deno.writeTextFile(
      this.#desired,
      [rest, ...wanted.map(({ text }) => text), upper].join("\n"),
    );
    try {
      const source = folder.migrations;
      await writeDifference(atlas, { devUrl, source, desired: this.#desired, name });
    } catch (error) {
      throw this.#explain(error, { layer, upper });
    }
    return await this.#takeWritten();
  }

  /**
   * The foreign keys of which `difference` has not seen, the last time, that they lead to another
   * table.
   *
   * @throws {MigrateError} the codes of `inspectState`.
   */
  async moved(): Promise<readonly ForeignKey[]> {
    // Atlas has written its file into the sums.
    await this.lay(this.#folders);
    const present = foreignKeysIn(await this.#presentState({}));
    const declared = this.#parts.states.map(({ text }) => text).join("\n");
    if (!present.some(({ target }) => hasNamesake(declared, target))) return [];
    const { atlas, devUrl } = this.#parts;
    const desired = await inspectState(atlas, { devUrl, source: this.#desired });
    return findMoved(present, foreignKeysIn(desired));
  }

  /**
   * Lays out the migrations and has all of them executed once.
   *
   * @throws {MigrateError} `replay_failed` with the version that fails, and the other codes of
   * `inspectState`.
   */
  async replay(folders: readonly Folder[]): Promise<void> {
    await this.lay(folders);
    const { atlas, devUrl, folder } = this.#parts;
    await inspectState(atlas, { devUrl, source: folder.migrations });
  }

  get #desired(): string {
    return join(this.#parts.folder.root, "desired.sql");
  }

  #schemas(layers: readonly Layer[]): readonly string[] {
    return layers.flatMap((layer) => this.#parts.owned.get(layer) ?? []);
  }

  /** What the migrations make of some schemas; a new file changes only those of its own layer. */
  async #presentState(
    filter: { readonly only?: readonly string[]; readonly without?: readonly string[] },
    layers: readonly Layer[] = [],
  ): Promise<string> {
    // Atlas takes no folder without files.
    if (this.#folders.every(({ files }) => files.length === 0)) return "";
    const shown = this.#folders.filter(({ layer }) => layers.includes(layer));
    const key = JSON.stringify([filter, shown.map(({ files }) => files.length)]);
    const known = this.#present.get(key);
    if (known !== undefined) return known;
    const { atlas, devUrl, folder } = this.#parts;
    const text = await inspectState(atlas, { devUrl, source: folder.migrations, ...filter });
    this.#present.set(key, text);
    return text;
  }

  async #takeWritten(): Promise<WrittenFile | undefined> {
    const { migrations } = this.#parts.folder;
    for await (const { name } of Deno.readDir(migrations)) {
      if (!/^\d{14}_.*\.sql$/.test(name)) continue;
      const path = join(migrations, name);
      const text = await Deno.readTextFile(path);
      await Deno.remove(path);
      return { name, text };
    }
    return undefined;
  }

  /** Says whose statement it was that did not load, and what to do about it. */
  #explain(
    error: unknown,
    context: { readonly layer: Layer; readonly upper: string },
  ): unknown {
    if (!(error instanceof MigrateError) || error.code !== "state_failed") return error;
    const statement = String(error.data.sql);
    const { layer, upper } = context;
    if (upper.includes(statement)) {
      return new MigrateError(
        "still_used",
        `Cannot compare ${layer}: a layer above still uses what is gone from it: ${error.message}`,
        {
          details: [`needed by: ${statement.split("\n")[0]}`],
          hint: "Remove the use from the layer above as well, or keep what it needs",
          data: error.data,
        },
      );
    }
    const owner = this.#parts.states.find(({ text }) => text.includes(statement));
    const missing = /^function (.*) does not exist$/.exec(error.message)?.[1];
    return new MigrateError(
      "state_failed",
      `Cannot load the declared schema of ${owner?.layer ?? layer}: ${error.message}`,
      {
        details: [
          ...(owner?.paths ?? []),
          ...statement.split("\n").map((line) => `| ${line}`),
        ],
        hint: missing === undefined
          ? "Correct the declaration; it must load on an empty database, after those of the layers below"
          : `Declare the function ${missing} before it is used: the declared schema is loaded before any migration has made it. Where it cannot be declared, write this default or check by hand: genmigrate new`,
        data: { ...error.data, layer: owner?.layer ?? layer },
      },
    );
  }
}

function foreignKeysIn(state: string): readonly ForeignKey[] {
  return readForeignKeys(splitStatements(state, { file: "state.sql" }).map(({ text }) => text));
}

/** Whether declarations speak of a table of that name in another schema. */
function hasNamesake(declared: string, { name, schema }: ForeignKey["target"]): boolean {
  const plain = name.slice(1, -1).replace(/[\\^$.*+?()[\]{}|\/]/g, "\\$&");
  const named = new RegExp(
    `([\\p{L}_][\\p{L}\\p{N}_$]*|"(?:[^"]|"")+")\\s*\\.\\s*"?${plain}"?`,
    "giu",
  );
  return [...declared.matchAll(named)].some(([, found = ""]) =>
    found.replaceAll('"', "").toLowerCase() !== schema.replaceAll('"', "").toLowerCase()
  );
}
