// deno-lint-ignore-file no-console -- a script prints
import { join } from "node:path";
import { main } from "../src/cli/mod.ts";
import { EXIT, MigrateError } from "../src/errors.ts";
import { OwnedFolder } from "../src/owned_folder.ts";
import { startPostgres } from "./postgres/server.ts";

/**
 * Shows `migrate` on a throwaway PostgreSQL: applies the bundled migrations, then once more. With
 * `--keep` the server stays until Ctrl-C. Everything is removed at the end, also after Ctrl-C.
 */
async function demo(args: readonly string[], stop: AbortSignal): Promise<number> {
  const keep = args.includes("--keep");
  const unknown = args.filter((arg) => arg !== "--keep");
  if (unknown.length > 0) {
    console.error(`error[usage]: unknown argument "${unknown[0]}"\nhint: The only one is --keep`);
    return EXIT.usage;
  }
  console.log("Starting a throwaway PostgreSQL …");
  await using server = await startPostgres();
  await using folder = await OwnedFolder.create({
    prefix: "hotpot-demo-",
    release: () => Promise.resolve(true),
  });
  const config = join(folder.root, "config.yaml");
  await Deno.writeTextFile(
    config,
    `database:\n  host: ${server.host}\n  port: ${server.port}\n  user: ${server.user}\n  dbname: postgres\n  sslmode: disable\n`,
    { mode: 0o600 },
  );
  for (
    const title of ["The first run applies everything:", "The second run finds nothing to do:"]
  ) {
    if (stop.aborted) return EXIT.interrupted;
    console.log(`\n${title}\n$ migrate`);
    const code = await main({
      args: ["--config", config],
      env: Deno.env.toObject(),
      signal: stop,
      out: (text) => Deno.stdout.writeSync(new TextEncoder().encode(text)),
      err: (text) => Deno.stderr.writeSync(new TextEncoder().encode(text)),
      terminal: { out: Deno.stdout.isTerminal(), err: false, columns: 80 },
    });
    if (code !== 0) return code;
  }
  if (!keep) return EXIT.done;
  console.log(`\nThe server goes on until Ctrl-C. Connect with:
  psql postgres://${server.user}@${server.host}:${server.port}/postgres
or use it from another terminal:
  deno task migrate --config ${config}`);
  await new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener("abort", () => resolve());
  });
  return EXIT.done;
}

if (import.meta.main) {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => stop.abort(signal));
  }
  // Without a timer Deno would end while nothing but a signal is awaited.
  const alive = setInterval(() => {}, 1_000_000);
  try {
    Deno.exitCode = await demo(Deno.args, stop.signal);
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error;
    // Ctrl-C in a terminal reaches the server's programs as well, and they fail of it.
    if (stop.signal.aborted) Deno.exitCode = EXIT.interrupted;
    else {
      console.error(
        `error[${error.code}]: ${error.message}\n${error.details.join("\n")}\nhint: ${error.hint}`,
      );
      Deno.exitCode = error.exit;
    }
  } finally {
    clearInterval(alive);
  }
  Deno.exit();
}
