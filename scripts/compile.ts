// deno-lint-ignore-file no-console -- a script prints
import { join } from "node:path";
import { MigrateError } from "../src/errors.ts";
import { VERSION } from "../src/version.ts";
import { bundle } from "./compile/bundle.ts";
import { type Compiled, compileProgram } from "./compile/compile.ts";
import { type Compiler, compilerFrom } from "./compile/compiler.ts";
import { measureStart } from "./compile/measure.ts";
import { type Program, PROGRAMS } from "./compile/programs.ts";
import { run } from "./compile/run.ts";
import { kilobytes, megabytes } from "./compile/size.ts";
import { readStamp, type Stamp } from "./compile/stamp.ts";
import { executable, hostTarget, type Target } from "./compile/targets.ts";

/** What `deno task compile` works with. */
interface Build {
  readonly root: string;
  readonly stage: string;
  readonly target: Target;
  readonly compiler: Compiler;
  readonly stamp: Stamp;
}

/**
 * Makes `bin/<program>` for this machine from every program in the table, runs each of them, and
 * says how large it is and how fast it starts. `bin/` changes once all of them work.
 */
async function main(): Promise<void> {
  const target = hostTarget();
  if (target === undefined) {
    throw new MigrateError("not_supported", `Cannot compile for ${Deno.build.target}`, {
      hint: "Run from source: deno task migrate",
    });
  }
  const root = Deno.cwd();
  const compiler = await compilerFrom(Deno.env.toObject());
  // Beside its end, so that the last step is a rename.
  await Deno.mkdir("bin", { recursive: true });
  const stage = await Deno.makeTempDir({ dir: join(root, "bin"), prefix: "stage-" });
  try {
    const build = { root, stage, target, compiler, stamp: await readStamp(root) };
    for (const program of PROGRAMS) await make(program, build);
    for (const { name } of PROGRAMS) {
      const file = executable(name, target);
      await Deno.rename(join(stage, name, file), join("bin", file));
    }
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
}

async function make(program: Program, build: Build): Promise<void> {
  const { compiler, root, stage, stamp, target } = build;
  const folder = join(stage, program.name);
  await Deno.mkdir(join(folder, "js"), { recursive: true });
  const code = await bundle(program, { root, folder: join(folder, "js"), stamp });
  const options = { program, bundle: code, target, compiler, folder, stamp };
  const compiled = await compileProgram(options);
  await prove(program, compiled);
  const { emptyMs, versionMs } = await measureStart(compiled.path, options);
  console.log(
    `bin/${executable(program.name, target)}  ${megabytes(compiled.bytes)}, of it ${
      kilobytes(code.bytes)
    } our own; starts in ${versionMs.toFixed(0)} ms, an empty program in ${
      emptyMs.toFixed(0)
    } ms (${(versionMs / emptyMs).toFixed(2)} times)`,
  );
}

/** A file that was compiled with the wrong runtime looks right until it runs. */
async function prove(program: Program, { path }: Compiled): Promise<void> {
  const answer = await run([path, "--version"], { what: `run the compiled ${program.name}` });
  if (answer.trim() === `${program.name} ${VERSION}`) return;
  throw new MigrateError(
    "runtime_invalid",
    `Cannot use the compiled ${program.name}: asked for its version, it says "${answer.trim()}"`,
    { hint: "Set DENO_COMPILER to the Deno of the same version as DENORT_BIN" },
  );
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error;
    console.error(`error[${error.code}]: ${error.message}`);
    for (const line of error.details) console.error(`  ${line}`);
    console.error(`hint: ${error.hint}`);
    Deno.exit(error.exit);
  }
}
