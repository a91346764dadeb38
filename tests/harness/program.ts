import { main } from "../../src/cli/mod.ts";

/** What a run of a program printed, and how it ended. */
export interface ProgramRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `migrate` inside this process, in a world of its own: no variable, no terminal. */
export async function migrate(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<ProgramRun> {
  let out = "";
  let err = "";
  const code = await main({
    args,
    env,
    signal,
    out: (text) => out += text,
    err: (text) => err += text,
    terminal: { out: false, err: false, columns: 80 },
  });
  return { code, out, err };
}

/** Starts `migrate` as `deno task migrate` does: a process of its own, with the permissions of the binary. */
export async function spawnMigrate(
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Promise<Deno.ChildProcess> {
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
  const [, ...flags] = String(tasks.migrate.command).split(" ");
  const entry = `${Deno.cwd()}/${flags.pop()}`;
  return new Deno.Command(Deno.execPath(), {
    args: [...flags, `--config=${Deno.cwd()}/deno.json`, entry, ...args],
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: Deno.env.get("HOME") ?? "",
      DENO_DIR: Deno.env.get("DENO_DIR") ?? "",
      ...options.env,
    },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Waits for the end of a program that was started, and reads what it printed. */
export async function ended(child: Deno.ChildProcess): Promise<ProgramRun> {
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}
