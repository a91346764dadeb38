import type { World } from "../world.ts";
import { VERSION } from "../version.ts";

/**
 * The program `migrate`: reads its arguments, does what they ask, and returns its exit code.
 */
export async function main(world: World): Promise<number> {
  const [first] = world.args;
  // Asked for most often and by other programs: answered before anything else is loaded.
  if (world.args.length === 1 && (first === "--version" || first === "-V")) {
    world.out(`migrate ${VERSION}\n`);
    return 0;
  }
  const { runMigrate } = await import("./migrate_program.ts");
  return await runMigrate(world);
}
