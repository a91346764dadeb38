import type { World } from "../world.ts";
import { VERSION } from "../version.ts";
import type { SourceTools } from "./dev_settings.ts";

export type { SourceTools } from "./dev_settings.ts";

/** The program `migrate`: reads its arguments, does what they ask, and returns its exit code. */
export async function main(world: World): Promise<number> {
  if (printVersion("migrate", world)) return 0;
  const { runMigrate } = await import("./migrate_program.ts");
  return await runMigrate(world);
}

/** The program `genmigrate`; `tools` is what it can do only when it is run from source. */
export async function mainOfGenmigrate(world: World, tools?: SourceTools): Promise<number> {
  if (printVersion("genmigrate", world)) return 0;
  const { runGenmigrate } = await import("./genmigrate_program.ts");
  return await runGenmigrate(world, tools);
}

/** Asked for most often and by other programs: answered before anything else is loaded. */
function printVersion(name: string, { args, out }: World): boolean {
  const asked = args.length === 1 && (args[0] === "--version" || args[0] === "-V");
  if (asked) out(`${name} ${VERSION}\n`);
  return asked;
}
