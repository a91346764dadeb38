import { EXIT } from "./errors.ts";
import type { World } from "./world.ts";

/**
 * Runs a program in the real world and exits with its code. The first Ctrl-C or SIGTERM asks it to
 * stop; the second ends it at once.
 */
export async function enter(program: (world: World) => Promise<number>): Promise<never> {
  const stop = new AbortController();
  const signals: readonly Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const name of signals) {
    Deno.addSignalListener(name, () => {
      if (stop.signal.aborted) {
        Deno.exit(name === "SIGTERM" ? EXIT.terminated : EXIT.interrupted);
      }
      stop.abort(name);
    });
  }
  const code = await program({
    args: Deno.args,
    env: Deno.env.toObject(),
    signal: stop.signal,
    out: writer(Deno.stdout),
    err: writer(Deno.stderr),
    terminal: {
      out: Deno.stdout.isTerminal(),
      err: Deno.stderr.isTerminal(),
      columns: columns(),
    },
    ask: (question) => Deno.stdin.isTerminal() && Deno.stdout.isTerminal() && confirm(question),
  });
  Deno.exit(code);
}

function writer(stream: { writeSync(bytes: Uint8Array): number }): (text: string) => void {
  return (text) => {
    let bytes = new TextEncoder().encode(text);
    try {
      while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
    } catch (error) {
      // Nobody reads any more, as after `| head`.
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  };
}

function columns(): number {
  try {
    // Some terminals report no width.
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}
