import { join } from "node:path";
import type { Stamp } from "./stamp.ts";
import { type CompileOptions, compileProgram } from "./compile.ts";
import { run } from "./run.ts";

/** How long starts took at best, in milliseconds. */
export interface StartUp {
  readonly versionMs: number;
  /** A compiled program that does nothing, on the same runtime. */
  readonly emptyMs: number;
}

const ROUNDS = 15;

/**
 * Measures the start of a compiled program, beside one that does nothing. The best of several
 * rounds counts: everything else is the machine.
 */
export async function measureStart(
  path: string,
  options: Omit<CompileOptions, "bundle"> & { readonly stamp: Stamp },
): Promise<StartUp> {
  const folder = join(options.folder, "empty");
  await Deno.mkdir(folder);
  const entry = join(folder, "empty.js");
  await Deno.writeTextFile(entry, "");
  const empty = await compileProgram({
    ...options,
    folder,
    bundle: { entry, files: [entry], bytes: 0 },
  });
  const best = { versionMs: Infinity, emptyMs: Infinity };
  for (let round = 0; round < ROUNDS; round++) {
    best.emptyMs = Math.min(best.emptyMs, await timed([empty.path]));
    best.versionMs = Math.min(best.versionMs, await timed([path, "--version"]));
  }
  return best;
}

async function timed(command: readonly string[]): Promise<number> {
  const started = performance.now();
  await run(command, { what: "start the program" });
  return performance.now() - started;
}
