// deno-lint-ignore-file no-console -- a script prints
import { parseOptions } from "./bench/options.ts";
import { bench } from "./bench/bench.ts";
import { EXIT, MigrateError } from "../src/errors.ts";

if (import.meta.main) {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => stop.abort(signal));
  }
  try {
    const options = parseOptions(Deno.args);
    if (options !== undefined) await bench(options, stop.signal);
  } catch (error) {
    // Ctrl-C in a terminal reaches every program that we have started as well, and they fail of it.
    if (stop.signal.aborted) {
      console.error("Stopped; nothing is left behind");
      Deno.exitCode = stop.signal.reason === "SIGTERM" ? EXIT.terminated : EXIT.interrupted;
    } else if (error instanceof MigrateError) {
      console.error(`error[${error.code}]: ${error.message}`);
      for (const line of error.details) console.error(`  ${line}`);
      console.error(`hint: ${error.hint}`);
      Deno.exitCode = error.exit;
    } else throw error;
  }
  Deno.exit();
}
