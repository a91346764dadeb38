import { folders } from "../../deploy/migrations/embed.ts";
import type { Layer } from "../layers.ts";
import { type Folder, mergeLayers } from "../migrations/mod.ts";
import { COMMIT, VERSION } from "../version.ts";

/** What a program is and will do, told without a database. */
export interface BuildReport {
  readonly version: string;
  /** With `-modified` behind it when the sources were not those of the commit. */
  readonly commit: string | undefined;
  readonly deno: string;
  readonly target: string;
  readonly layers: readonly LayerReport[];
}

/** The migrations of one layer inside the program. */
export interface LayerReport {
  readonly layer: Layer;
  readonly count: number;
  /** The number of the last one. */
  readonly last: string | undefined;
  /** The digest over all of them, as the first line of the layer's `atlas.sum` has it. */
  readonly sum: string | undefined;
}

/**
 * Describes this program. The digests are computed from what is inside it.
 *
 * @throws {MigrateError} the codes of `mergeLayers` when that is damaged.
 */
export function describeBuild(): BuildReport {
  mergeLayers(folders);
  return {
    version: VERSION,
    commit: COMMIT,
    deno: Deno.version.deno,
    target: Deno.build.target,
    layers: folders.map(describeLayer),
  };
}

function describeLayer({ files, layer, sum }: Folder): LayerReport {
  return {
    layer,
    count: files.length,
    last: files.at(-1)?.name.slice(0, 4),
    // It has just been held against the files.
    sum: sum?.split("\n")[0],
  };
}
