import { mainOfGenmigrate } from "../src/cli/mod.ts";
import { enter } from "../src/entry.ts";
import { MigrateError } from "../src/errors.ts";
import { startTethered } from "./tethered.ts";

/** Where the declared schemas of this repository are. */
const SCHEMA = "deploy/schema";

/** Starts the server in a process of its own, with rights that this one does not have. */
async function startServer(signal: AbortSignal) {
  const server = await startTethered("deno", ["-A", "scripts/postgres/serve.ts"]);
  const { said } = server;
  if (said === undefined || signal.aborted) {
    await server[Symbol.asyncDispose]();
    throw new MigrateError(
      signal.aborted ? "interrupted" : "postgres_failed",
      "Cannot start a throwaway PostgreSQL",
      { hint: "See the lines above" },
    );
  }
  const address = JSON.parse(said) as { host: string; port: number; user: string };
  return { ...address, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

if (import.meta.main) {
  await enter((world) => mainOfGenmigrate(world, { startServer, schema: SCHEMA }));
}
