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
    ...(Deno.stdin.isTerminal() && Deno.stderr.isTerminal()
      ? { ask: (question) => ask(question, stop.signal) }
      : {}),
  });
  Deno.exit(code);
}

/**
 * Reads one line from the terminal. Not with `confirm()`, which writes on standard output, and which
 * a signal cannot end.
 */
async function ask(question: string, signal: AbortSignal): Promise<boolean> {
  const write = writer(Deno.stderr);
  write(`${question} [y/N] `);
  const stopped = Promise.withResolvers<undefined>();
  const stop = () => stopped.resolve(undefined);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  const line = await Promise.race([readLine(), stopped.promise]);
  signal.removeEventListener("abort", stop);
  // Ctrl-C and Ctrl-D leave the cursor behind the question.
  if (line === undefined) write("\n");
  return /^y(?:es)?$/i.test(line?.trim() ?? "");
}

/** The first line that is typed; nothing at the end of the input. */
async function readLine(): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  for (const bytes = new Uint8Array(1024); !text.includes("\n");) {
    const length = await Deno.stdin.read(bytes);
    if (length === null) return undefined;
    text += decoder.decode(bytes.subarray(0, length), { stream: true });
  }
  return text.split("\n")[0];
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
