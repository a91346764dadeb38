import { MigrateError } from "../../src/errors.ts";

/** What a program took. */
export interface Spent {
  /** From its start to its end, in milliseconds. */
  readonly ms: number;
  /** The most memory that it had at a time, in bytes; nothing where the system does not tell. */
  readonly peakBytes: number | undefined;
}

/** How to run a program that is measured. */
export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string;
  readonly signal: AbortSignal;
  /** Whether to look at its memory all the time, which costs some of its time. */
  readonly memory?: boolean;
}

/**
 * Runs a program to its end, alone.
 *
 * @throws {MigrateError} `bench_failed` with the end of its errors; `interrupted`.
 */
export async function spend(command: readonly string[], options: ChildOptions): Promise<Spent> {
  const [program = "", ...args] = command;
  options.signal.throwIfAborted();
  const started = performance.now();
  const child = new Deno.Command(program, {
    args,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { NO_COLOR: "1", ...options.env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  // Some go on with their work when they are only asked to stop.
  const kill = () => child.kill("SIGKILL");
  options.signal.addEventListener("abort", kill);
  const peak = options.memory ? watchMemory(child) : undefined;
  const { code, stderr } = await child.output().finally(() =>
    options.signal.removeEventListener("abort", kill)
  );
  const ms = performance.now() - started;
  const peakBytes = await peak;
  if (options.signal.aborted) throw new MigrateError("interrupted", "Stopped", { hint: "" });
  if (code === 0) return { ms, peakBytes };
  throw new MigrateError(
    "bench_failed",
    `Cannot measure "${command.join(" ")}": exit code ${code}`,
    {
      details: new TextDecoder().decode(stderr).trim().split("\n").slice(-8),
      hint: "Run it by hand, or leave it out with --tools",
    },
  );
}

/** The kernel keeps the highest mark; the last look before the end has it. */
async function watchMemory(child: Deno.ChildProcess): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  let over = false;
  child.status.then(() => over = true);
  let peak: number | undefined;
  while (!over) {
    const status = await Deno.readTextFile(`/proc/${child.pid}/status`).catch(() => "");
    const [, kilobytes] = /^VmHWM:\s*(\d+) kB/m.exec(status) ?? [];
    if (kilobytes !== undefined) peak = Number(kilobytes) * 1024;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return peak;
}
