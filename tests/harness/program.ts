import type { Documented } from "../../scripts/json_schema.ts";
import { main, mainOfGenmigrate } from "../../src/cli/mod.ts";
import type { World } from "../../src/world.ts";
import { checkDocument } from "./documents.ts";

/** What a run of a program printed, and how it ended. */
export interface ProgramRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs `migrate` inside this process, in a world of its own: no variable, no terminal. A document
 * that it prints is held against its published schema.
 */
export async function migrate(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<ProgramRun> {
  return await inProcess("migrate", main, { args, env, signal });
}

/** Runs `genmigrate` inside this process, as the compiled program is. */
export async function genmigrate(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<ProgramRun> {
  return await inProcess("genmigrate", (world) => mainOfGenmigrate(world), { args, env, signal });
}

/** Runs a program inside this process as on a terminal of a width. */
export async function onTerminal(
  program: Documented,
  args: readonly string[],
  { columns = 80, env = {} }: {
    readonly columns?: number;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<ProgramRun> {
  const start = program === "migrate" ? main : (world: World) => mainOfGenmigrate(world);
  const signal = new AbortController().signal;
  const terminal = { out: true, err: true, columns };
  return await inProcess(program, start, { args, env, signal, terminal });
}

async function inProcess(
  name: Documented,
  program: (world: World) => Promise<number>,
  { args, env, signal, terminal = { out: false, err: false, columns: 80 } }: {
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal | undefined;
    readonly terminal?: World["terminal"];
  },
): Promise<ProgramRun> {
  let out = "";
  let err = "";
  const code = await program({
    args,
    env,
    signal: signal ?? new AbortController().signal,
    out: (text) => out += text,
    err: (text) => err += text,
    terminal,
  });
  if (args.includes("--json") && out.startsWith("{")) await checkDocument(name, JSON.parse(out));
  return { code, out, err };
}

/** How a program is started. */
export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What a shell does before it becomes the program: `ulimit -c unlimited`. */
  readonly after?: string;
}

/** Starts `migrate` as `deno task migrate` does: a process of its own, with the permissions of the binary. */
export async function spawnMigrate(
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Deno.ChildProcess> {
  return await spawnTask("migrate", args, options);
}

/** Starts `genmigrate` as `deno task gen` does. */
export async function spawnGenmigrate(
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Deno.ChildProcess> {
  return await spawnTask("gen", args, options);
}

async function spawnTask(
  task: string,
  args: readonly string[],
  options: SpawnOptions,
): Promise<Deno.ChildProcess> {
  const shell = options.after === undefined
    ? []
    : ["/bin/bash", "-c", `${options.after}; exec "$0" "$@"`];
  const [command = "", ...rest] = [...shell, ...await taskCommand(task), ...args];
  return new Deno.Command(command, {
    args: rest,
    clearEnv: true,
    env: { ...taskEnvironment(), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** The command of a task, from which a program runs in any folder. */
export async function taskCommand(task: string): Promise<readonly string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
  const [, ...flags] = String(tasks[task].command).split(" ");
  const entry = `${Deno.cwd()}/${flags.pop()}`;
  return [Deno.execPath(), ...flags, `--config=${Deno.cwd()}/deno.json`, entry];
}

/** The variables that a program run from source needs. */
export function taskEnvironment(): Record<string, string> {
  return Object.fromEntries(
    ["PATH", "HOME", "DENO_DIR"].map((name) => [name, Deno.env.get(name) ?? ""]),
  );
}

/** Sends signals to a program, a moment after each other and for as long as it runs. */
export async function tell(
  child: Deno.ChildProcess,
  signals: readonly Deno.Signal[],
): Promise<void> {
  for (const signal of signals) {
    try {
      child.kill(signal);
    } catch {
      // It has ended already.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits for the end of a program that was started, and reads what it printed. */
export async function ended(child: Deno.ChildProcess): Promise<ProgramRun> {
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}
