import { join } from "node:path";
import { MigrateError } from "../../src/errors.ts";
import type { Bundle } from "./bundle.ts";
import { type Compiler, isWholeDeno } from "./compiler.ts";
import { permissionFlags, type Program } from "./programs.ts";
import { run } from "./run.ts";
import { executable, osOf, type Target, targetOf } from "./targets.ts";

/** A compiled program. */
export interface Compiled {
  readonly path: string;
  readonly bytes: number;
}

/** What is compiled, for where, with what, and into which folder. */
export interface CompileOptions {
  readonly program: Program;
  readonly bundle: Bundle;
  readonly target: Target;
  readonly compiler: Compiler;
  readonly folder: string;
}

/** Deno's runtime alone has 65 to 100 MB. */
const BUDGET_BYTES = 120 * 1024 * 1024;

/**
 * Makes one file of a bundle, Deno's runtime and the permissions, and checks that it is one.
 *
 * @throws {MigrateError} `runtime_missing` when the runtime cannot be had, `runtime_invalid`,
 * `compile_failed`.
 */
export async function compileProgram(options: CompileOptions): Promise<Compiled> {
  const { bundle, compiler, folder, program, target } = options;
  const path = join(folder, executable(program.name, target));
  const runtime = compiler.runtimes.get(target);
  await run([
    ...[...compiler.command, "compile"],
    // Quiet also at run time: otherwise each start without Atlas says so on standard error. The
    // code cache would be read from a place that others can write to.
    ...["-q", "--no-code-cache", "--no-check", "--no-config", "--no-lock"],
    // What a start allocates fits in, and is not looked through while it goes on.
    "--v8-flags=--min-semi-space-size=4",
    ...permissionFlags(program, osOf(target)),
    ...["--target", target, "-o", path],
    bundle.entry,
  ], {
    what: `compile ${program.name} for ${target}`,
    cwd: folder,
    env: runtime === undefined ? {} : { DENORT_BIN: runtime },
  }).catch((error) => {
    throw runtime === undefined ? missing(error, target) : error;
  });
  return await check(path, options);
}

// Deno could not fetch one, or is too old to know of the target.
const NO_RUNTIME = /denort|base binary|invalid value '\S+' for '--target/;

function missing(error: unknown, target: Target): unknown {
  if (!(error instanceof MigrateError) || !NO_RUNTIME.test(error.details.join("\n"))) {
    return error;
  }
  return new MigrateError("runtime_missing", `Cannot compile for ${target}: no runtime`, {
    details: error.details,
    hint:
      "Allow the download, or set DENORT_BIN to an unpacked denort and DENO_COMPILER to its Deno",
    cause: error,
  });
}

async function check(path: string, { program, target }: CompileOptions): Promise<Compiled> {
  const found = await targetOf(path);
  if (found !== target) {
    throw new MigrateError("runtime_invalid", `Cannot use "${path}": it is for ${found ?? "?"}`, {
      hint: `Give a runtime for ${target}`,
    });
  }
  if (await isWholeDeno(path)) {
    throw new MigrateError("runtime_invalid", `Cannot use "${path}": it is Deno, not the program`, {
      hint: "Give a denort for runtime, not deno",
    });
  }
  const { size } = await Deno.stat(path);
  if (size > BUDGET_BYTES) {
    throw new MigrateError(
      "compile_failed",
      `Cannot release ${program.name} for ${target}: it has ${size} bytes, and ${BUDGET_BYTES} are the most`,
      { hint: "See what has come in, or raise the budget in scripts/compile/compile.ts" },
    );
  }
  return { path, bytes: size };
}
