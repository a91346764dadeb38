// deno-lint-ignore-file no-console -- a script prints
import { MigrateError } from "../src/errors.ts";
import { readFolders } from "../src/directory.ts";
import { embedModule } from "../src/migrations/mod.ts";

const DIRECTORY = "deploy/migrations";

/** Writes the module, or with `--check` only says whether it is up to date. */
async function run(args: readonly string[]): Promise<number> {
  const target = `${DIRECTORY}/embed.ts`;
  const fresh = embedModule(await readFolders(DIRECTORY));
  const present = await Deno.readTextFile(target).catch(() => "");
  if (fresh === present) return 0;
  if (args.includes("--check")) {
    console.error(`${target} is stale: run deno task embed`);
    return 1;
  }
  await Deno.writeTextFile(target, fresh);
  console.log(`wrote ${target}`);
  return 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await run(Deno.args));
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error;
    console.error(`error[${error.code}]: ${error.message}`);
    for (const line of error.details) console.error(`  ${line}`);
    console.error(`hint: ${error.hint}`);
    Deno.exit(error.exit);
  }
}
