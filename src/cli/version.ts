import { type BuildReport, describeBuild } from "../commands/build.ts";
import type { VersionDocument } from "../documents/mod.ts";
import { EXIT } from "../errors.ts";
import { LAYER_WIDTH } from "../layers.ts";
import type { World } from "../world.ts";

/** `migrate version`: says what this program is and which migrations are inside it. */
export function runVersion(world: World, flags: { readonly json?: true | undefined }): number {
  const build = describeBuild();
  world.out(flags.json ? `${JSON.stringify(versionDocument(build), null, 2)}\n` : text(build));
  return EXIT.done;
}

function versionDocument(build: BuildReport): VersionDocument {
  return {
    command: "version",
    status: "ok",
    version: build.version,
    commit: build.commit ?? null,
    deno: build.deno,
    target: build.target,
    layers: build.layers.map(({ count, last, layer, sum }) => ({
      layer,
      count,
      last: last ?? null,
      sum: sum ?? null,
    })),
    error: null,
  };
}

function text({ commit, deno, layers, target, version }: BuildReport): string {
  const lines = [
    `migrate ${version} (${commit ?? "from source"}), Deno ${deno}, ${target}`,
    ...layers.map(({ count, last, layer, sum }) =>
      `${layer.padEnd(LAYER_WIDTH)}  ${String(count).padStart(4)}${
        count === 0 ? "" : `  up to ${last}  ${sum}`
      }`
    ),
  ];
  return `${lines.join("\n")}\n`;
}
