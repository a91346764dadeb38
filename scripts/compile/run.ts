import { MigrateError } from "../../src/errors.ts";

/** What a command is run for, and how. */
export interface RunOptions {
  /** For the message: `bundle migrate`. */
  readonly what: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a command and returns what it printed.
 *
 * @throws {MigrateError} `compile_failed` with the end of its errors.
 */
export async function run(command: readonly string[], options: RunOptions): Promise<string> {
  const [program = "", ...args] = command;
  // On Windows `npx` is a script, which only a shell starts.
  const shell = Deno.build.os === "windows" && program === "npx";
  const { code, stderr, stdout } = await new Deno.Command(shell ? "cmd" : program, {
    args: shell ? ["/c", program, ...args] : args,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    clearEnv: true,
    env: { ...inherited(), NO_COLOR: "1", ...options.env },
    stdin: "null",
  }).output().catch((cause) => {
    throw new MigrateError("compile_failed", `Cannot ${options.what}: "${program}" does not run`, {
      hint: "Check that it is installed and on the PATH",
      cause,
    });
  });
  if (code === 0) return new TextDecoder().decode(stdout);
  const lines = new TextDecoder().decode(stderr).split("\nStack backtrace:")[0] ?? "";
  throw new MigrateError("compile_failed", `Cannot ${options.what}: exit code ${code}`, {
    details: lines.trim().split("\n").filter((line) => !line.startsWith("npm warn")).slice(-15),
    hint: "See the lines above",
  });
}

/** Our own environment without what only we understand: several runtimes in one variable. */
function inherited(): Record<string, string> {
  const { DENORT_BIN: _, ...rest } = Deno.env.toObject();
  return rest;
}
