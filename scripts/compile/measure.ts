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
const MOST_ROUNDS = 60;

/**
 * Measures the start of a compiled program, beside one that does nothing. The best of several
 * rounds counts, and there are more of them until it is not beaten any more: everything else is the
 * machine.
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
  let last = 0;
  for (let round = 0; round < Math.min(last + ROUNDS, MOST_ROUNDS); round++) {
    const emptyMs = await timed([empty.path]);
    const versionMs = await timed([path, "--version"]);
    if (emptyMs < best.emptyMs || versionMs < best.versionMs) last = round;
    best.emptyMs = Math.min(best.emptyMs, emptyMs);
    best.versionMs = Math.min(best.versionMs, versionMs);
  }
  return best;
}

async function timed(command: readonly string[]): Promise<number> {
  const started = performance.now();
  await run(command, { what: "start the program" });
  return performance.now() - started;
}
