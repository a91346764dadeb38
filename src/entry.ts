import { EXIT } from "./errors.ts";
import type { World } from "./world.ts";

/** How long what must not be left undone may take when the program is ended at once. */
const LASTLY_MS = 5_000;
/** How long the program may take to wind down after an error that nobody caught. */
const CRASH_MS = 10_000;

/**
 * Runs a program in the real world and exits with its code. The first Ctrl-C or SIGTERM asks it to
 * stop; the second ends it as soon as what was made for it is revoked, the third at once. An error
 * that nobody caught is told by the program, which knows what must not be seen, and stops it.
 */
export async function enter(program: (world: World) => Promise<number>): Promise<never> {
  const stop = new AbortController();
  const endings = new Endings();
  for (const name of signals()) {
    Deno.addSignalListener(name, () => {
      if (stop.signal.aborted) {
        return endings.end(name === "SIGTERM" ? EXIT.terminated : EXIT.interrupted);
      }
      stop.abort(name);
    });
  }
  const out = new Output();
  const crash = new Crash(() => {
    out.mute();
    stop.abort("crash");
    setTimeout(() => endings.end(EXIT.failed), CRASH_MS);
  }, out);
  let code: number = EXIT.failed;
  try {
    code = await program({
      args: Deno.args,
      env: Deno.env.toObject(),
      signal: stop.signal,
      out: out.write,
      err: writer(Deno.stderr),
      terminal: {
        out: Deno.stdout.isTerminal(),
        err: Deno.stderr.isTerminal(),
        columns: columns(),
      },
      ...(Deno.stdin.isTerminal() && Deno.stderr.isTerminal()
        ? { ask: (question) => ask(question, stop.signal) }
        : {}),
      lastly: endings.lastly,
      onCrash: (tell) => crash.tell = tell,
    });
  } catch (error) {
    crash.happened(error);
  }
  Deno.exit(crash.over ? EXIT.failed : code);
}

function signals(): readonly Deno.Signal[] {
  if (Deno.build.os === "windows") return ["SIGINT", "SIGBREAK"];
  // Nobody need take note of a write beyond the limit of the shell: it fails, and that is told.
  Deno.addSignalListener("SIGXFSZ", () => {});
  // The last three, as Ctrl-\, would by themselves write a core dump, and the password with it.
  return ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGABRT", "SIGXCPU"];
}

/** What must not be left undone. */
class Endings {
  readonly #acts = new Set<() => Promise<unknown>>();
  #ending = false;

  readonly lastly = (act: () => Promise<unknown>): () => void => {
    this.#acts.add(act);
    return () => this.#acts.delete(act);
  };

  /** Does it, as far as there is time, and exits; asked again, it exits. */
  end(code: number): void {
    if (this.#ending) Deno.exit(code);
    this.#ending = true;
    const done = Promise.allSettled([...this.#acts].map((act) => act()));
    const late = new Promise((resolve) => setTimeout(resolve, LASTLY_MS));
    Promise.race([done, late]).then(() => Deno.exit(code));
  }
}

/** Errors that nobody caught. Deno would print them as they are, whatever stands in them. */
class Crash {
  tell: (error: unknown) => void = (error) => writer(Deno.stderr)(`error[internal]: ${error}\n`);
  over = false;
  readonly #stop: () => void;
  readonly #out: Output;

  constructor(stop: () => void, out: Output) {
    this.#stop = stop;
    this.#out = out;
    globalThis.addEventListener("error", (event) => {
      event.preventDefault();
      this.happened(event.error);
    });
    globalThis.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      this.happened(event.reason);
    });
  }

  happened(error: unknown): void {
    if (this.over) return;
    this.over = true;
    // A document is whole or not there.
    if (this.#out.used) this.#out.mute();
    this.tell(error);
    this.#stop();
  }
}

/** Standard output, until nothing may follow any more. */
class Output {
  used = false;
  #muted = false;
  readonly #write = writer(Deno.stdout);

  readonly write = (text: string): void => {
    if (this.#muted) return;
    this.used = true;
    this.#write(text);
  };

  mute(): void {
    this.#muted = true;
  }
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
