import { delimiter } from "node:path";
import { MigrateError } from "../../src/errors.ts";
import { type Target, targetOf } from "./targets.ts";

/** What compiles, and what it puts under a program. */
export interface Compiler {
  /** The command of a Deno: `npx -y deno@2.9.6`. */
  readonly command: readonly string[];
  /** Unpacked runtimes (`denort`); for other targets Deno takes its cache, or fetches one. */
  readonly runtimes: ReadonlyMap<Target, string>;
}

/**
 * The compiler that the environment asks for: DENO_COMPILER is the command of a Deno, by default the
 * one that runs this; DENORT_BIN names the runtimes that belong to it, as PATH names folders.
 *
 * @throws {MigrateError} `runtime_invalid` for a file that is no runtime.
 */
export async function compilerFrom(env: Readonly<Record<string, string>>): Promise<Compiler> {
  const command = (env["DENO_COMPILER"] ?? "").split(" ").filter((word) => word !== "");
  const runtimes = new Map<Target, string>();
  for (const path of (env["DENORT_BIN"] ?? "").split(delimiter)) {
    if (path === "") continue;
    runtimes.set(await checkRuntime(path), path);
  }
  return { command: command.length === 0 ? [Deno.execPath()] : command, runtimes };
}

async function checkRuntime(path: string): Promise<Target> {
  const target = await targetOf(path).catch((cause) => {
    throw invalid(path, "it cannot be read", cause);
  });
  if (target === undefined) throw invalid(path, "it is not a program for any of the targets");
  if (await isWholeDeno(path)) throw invalid(path, "it is Deno itself, not its runtime denort");
  return target;
}

/**
 * Whether a file is all of Deno. `deno compile` takes that for a runtime without a word, and the
 * result is Deno again, not the program. Only all of Deno talks to editors.
 */
export async function isWholeDeno(path: string): Promise<boolean> {
  const { Buffer } = await import("node:buffer");
  return Buffer.from(await Deno.readFile(path)).includes("textDocument/didOpen");
}

function invalid(path: string, reason: string, cause?: unknown): MigrateError {
  return new MigrateError("runtime_invalid", `Cannot compile with "${path}": ${reason}`, {
    hint: "Set DENORT_BIN to an unpacked denort, and DENO_COMPILER to the Deno of the same version",
    cause,
  });
}
