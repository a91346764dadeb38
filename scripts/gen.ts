import { mainOfGenmigrate } from "../src/cli/mod.ts";
import { enter } from "../src/entry.ts";
import { MigrateError } from "../src/errors.ts";

/** Where the declared schemas of this repository are. */
const SCHEMA = "deploy/schema";

/** Starts the server in a process of its own, with rights that this one does not have. */
async function startServer(signal: AbortSignal) {
  const child = new Deno.Command("deno", {
    args: ["run", "-q", "-A", "scripts/postgres/serve.ts"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  const stop = async () => {
    await child.stdin.close().catch(() => {});
    await child.status;
  };
  if (value === undefined || signal.aborted) {
    await stop();
    throw new MigrateError(
      signal.aborted ? "interrupted" : "postgres_failed",
      "Cannot start a throwaway PostgreSQL",
      { hint: "See the lines above" },
    );
  }
  const address = JSON.parse(value) as { host: string; port: number; user: string };
  return { ...address, [Symbol.asyncDispose]: stop };
}

if (import.meta.main) {
  await enter((world) => mainOfGenmigrate(world, { startServer, schema: SCHEMA }));
}
