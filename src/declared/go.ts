import { delimiter, join } from "node:path";
import { GO_VARIABLES } from "../environment.ts";
import { interrupted, MigrateError } from "../errors.ts";

/** How a run of Go ended. */
export interface GoRun {
  readonly code: number;
  /** As it was written, for programs to read. */
  readonly stdout: string;
  /** For people, with everything secret hidden. */
  readonly stderr: string;
}

/** What every run of Go for one declaration shares. */
export interface GoOptions {
  /** The folder of the module. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Hides secrets in what Go, and the types that it runs, say. */
  readonly redact: (text: string) => string;
}

const SHARED = ["PATH", "SystemRoot", "TMPDIR", "TEMP", "TMP", "SSL_CERT_FILE", "SSL_CERT_DIR"];
const PASSED = new Set([...SHARED, ...GO_VARIABLES].map((name) => name.toUpperCase()));

/** The whole environment of a Go child: no `PG*`, no `VAULT_*`. */
export function goEnvironment(
  env: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  // Windows writes `Path`.
  return Object.fromEntries(Object.entries(env).filter(([name]) => PASSED.has(name.toUpperCase())));
}

/**
 * Finds `go` on the PATH.
 *
 * @throws {MigrateError} `go_missing`.
 */
export async function findGo(env: Readonly<Record<string, string>>): Promise<string> {
  const name = Deno.build.os === "windows" ? "go.exe" : "go";
  for (const folder of (env["PATH"] ?? env["Path"] ?? "").split(delimiter)) {
    if (folder === "") continue;
    const path = join(folder, name);
    try {
      const info = await Deno.stat(path);
      if (info.isFile && (info.mode === null || (info.mode & 0o111) !== 0)) return path;
    } catch {
      // Not in this folder.
    }
  }
  throw new MigrateError("go_missing", "go: command not found", {
    hint: "Install Go (https://go.dev/dl/) and put it on the PATH: the declared schema is ent's",
  });
}

/** How long a child may take to stop once it has been told to. */
const STOP_MS = 10_000;

/** The Go command, driven in one module. */
export class Go {
  readonly #path: string;
  readonly #options: GoOptions;

  constructor(path: string, options: GoOptions) {
    this.#path = path;
    this.#options = options;
  }

  redact(text: string): string {
    return this.#options.redact(text);
  }

  /** The same Go with other variables beside those that it has. */
  with(env: Readonly<Record<string, string>>): Go {
    return new Go(this.#path, { ...this.#options, env: { ...this.#options.env, ...env } });
  }

  /**
   * Runs a command and waits for its end, also when the signal fires: Go is told to stop then, and
   * killed if it has not ended within ten seconds. A program that `go run` has started is told by
   * the end of its standard input, which it also sees when we are killed.
   *
   * @throws {MigrateError} `interrupted`.
   */
  async run(args: readonly string[]): Promise<GoRun> {
    const { cwd, env, signal } = this.#options;
    if (signal.aborted) throw stopped();
    const child = new Deno.Command(this.#path, {
      args: [...args],
      cwd,
      clearEnv: true,
      env: { ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.status,
    ]);
    let force: ReturnType<typeof setTimeout> | undefined;
    const killed = Promise.withResolvers<never>();
    const stop = () => {
      close(child.stdin);
      // Told by SIGINT, Go waits for the compilers that it has started and removes its files.
      kill(child, Deno.build.os === "windows" ? "SIGTERM" : "SIGINT");
      force = setTimeout(() => {
        kill(child, "SIGKILL");
        // What it has started may hold its output open.
        child.status.then(() => killed.reject(stopped()));
      }, STOP_MS);
    };
    signal.addEventListener("abort", stop, { once: true });
    try {
      const [stdout, stderr, { code }] = await Promise.race([output, killed.promise]);
      if (signal.aborted) throw stopped();
      return { code, stdout, stderr: this.redact(stderr) };
    } finally {
      signal.removeEventListener("abort", stop);
      clearTimeout(force);
      close(child.stdin);
    }
  }
}

function close(stdin: WritableStream<Uint8Array>): void {
  // Whoever read it may be gone, or it is closed already.
  stdin.close().catch(() => {});
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has just ended.
  }
}

function stopped(): MigrateError {
  return interrupted("Stopped while Go loaded the declared schema");
}
