import { atlasMissing, type AtlasProgram, findAtlas, isTested } from "../atlas/mod.ts";
import type { EngineChoice } from "../report.ts";

/** What `--engine` takes. */
export const ENGINES = ["auto", "atlas", "embedded"] as const;
export type EngineName = (typeof ENGINES)[number];

/** The engine of a run, with the Atlas to use if it is that one. */
export interface Engine {
  readonly choice: EngineChoice;
  readonly program?: AtlasProgram;
}

/**
 * Decides which engine works: the one that was asked for, or under `auto` Atlas when one of a
 * tested version is on the PATH.
 *
 * @throws {MigrateError} `atlas_missing` when Atlas was asked for and is not there.
 */
export async function chooseEngine(
  name: EngineName,
  env: Readonly<Record<string, string>>,
): Promise<Engine> {
  if (name === "embedded") return { choice: { name, reason: "asked for" } };
  const program = await findAtlas(env);
  if (name === "atlas") {
    if (program === undefined) throw atlasMissing(", or use --engine embedded");
    return { choice: describe(program, "asked for"), program };
  }
  if (program === undefined) {
    return { choice: { name: "embedded", reason: "no Atlas on the PATH" } };
  }
  if (!isTested(program)) {
    const reason = `the Atlas on the PATH is ${program.version}, which is not a tested version`;
    return { choice: { name: "embedded", reason } };
  }
  return { choice: describe(program, "found on the PATH"), program };
}

function describe(program: AtlasProgram, reason: string): EngineChoice {
  return { name: "atlas", version: program.version, path: program.path, reason };
}
