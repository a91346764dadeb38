import { MigrateError } from "../errors.ts";
import { ENVIRONMENT } from "./hcl.ts";
import type { AtlasFolder } from "./folder.ts";
import { openPipe } from "./pipe.ts";
import { type AtlasProgram, quietEnvironment } from "./program.ts";

/** How an Atlas command ended. */
export interface AtlasResult {
  readonly code: number;
  /**
   * As Atlas wrote it, for programs to read: hiding a secret that happens to be a word of JSON or
   * SQL would spoil it. What is shown of it goes through `Atlas.redact`.
   */
  readonly stdout: string;
  /** For people, with everything secret hidden. */
  readonly stderr: string;
}

/** What every Atlas command of a run shares. */
export interface AtlasOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly redact: (text: string) => string;
  readonly folder: AtlasFolder;
}

/** How long Atlas may take to stop once it has been told to. */
const STOP_MS = 10_000;

/** The Atlas program, driven through its configuration pipe, in a folder of its own. */
export class Atlas {
  readonly program: AtlasProgram;
  readonly #options: AtlasOptions;

  constructor(program: AtlasProgram, options: AtlasOptions) {
    this.program = program;
    this.#options = options;
  }

  /** Hides the secrets of the run in a text. */
  redact(text: string): string {
    return this.#options.redact(text);
  }

  /** Whether this run has been told to stop. */
  get stopped(): boolean {
    return this.#options.signal.aborted;
  }

  /**
   * Runs one command with a configuration and waits for its end. When the signal fires Atlas is
   * asked to stop, so that it rolls back, and is killed if it has not ended within ten seconds.
   *
   * @throws {MigrateError} `atlas_failed` when it cannot be started, `config_pipe`, `interrupted`.
   */
  async run(args: readonly string[], config: string): Promise<AtlasResult> {
    const { env, folder, redact, signal } = this.#options;
    if (signal.aborted) {
      throw new MigrateError("interrupted", "Stopped before Atlas was started", {
        hint: "Run the same command again: it goes on where this one stopped",
      });
    }
    await using pipe = await openPipe(config);
    const child = this.#spawn(
      [...args, "--env", ENVIRONMENT, "--config", pipe.url],
      { usesStdin: pipe.usesStdin, env: quietEnvironment(env, folder.home) },
    );
    const stdout = read(child.stdout);
    const stderr = read(child.stderr);
    const stop = new Stop(child, signal);
    try {
      await folder.claimFor(child.pid);
      // The readers run already: a child that fills its output before it reads would wait for ever.
      await pipe.serve(child);
      const { code } = await child.status;
      return { code, stdout: await stdout, stderr: redact(await stderr) };
    } finally {
      stop.release();
      await child.status;
    }
  }

  #spawn(
    args: readonly string[],
    options: { readonly usesStdin: boolean; readonly env: Record<string, string> },
  ): Deno.ChildProcess {
    try {
      return new Deno.Command(this.program.path, {
        args: [...args],
        cwd: this.#options.folder.home,
        clearEnv: true,
        env: options.env,
        stdin: options.usesStdin ? "piped" : "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    } catch (cause) {
      throw new MigrateError("atlas_failed", `Cannot start Atlas: "${this.program.path}"`, {
        hint: "Check that the file may be executed, or use --engine embedded",
        cause,
      });
    }
  }
}

/** Ends a child when a signal fires: kindly first, then by force. */
class Stop {
  readonly #signal: AbortSignal;
  readonly #stop: () => void;
  readonly #timers: ReturnType<typeof setTimeout>[] = [];

  constructor(child: Deno.ChildProcess, signal: AbortSignal) {
    this.#signal = signal;
    this.#stop = () => {
      // In a terminal Ctrl-C has reached Atlas as well, and a second one makes it drop everything:
      // leave it the time to end by itself.
      this.#later(1_000, () => kill(child, "SIGTERM"));
      this.#later(STOP_MS, () => kill(child, "SIGKILL"));
    };
    if (signal.aborted) this.#stop();
    else signal.addEventListener("abort", this.#stop, { once: true });
  }

  release(): void {
    this.#signal.removeEventListener("abort", this.#stop);
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #later(ms: number, act: () => void): void {
    this.#timers.push(setTimeout(act, ms));
  }
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has just ended.
  }
}

async function read(stream: ReadableStream<Uint8Array>): Promise<string> {
  return await new Response(stream).text();
}
