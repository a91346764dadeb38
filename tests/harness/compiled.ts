import { join, resolve } from "node:path";
import { bundle } from "../../scripts/compile/bundle.ts";
import { compileProgram } from "../../scripts/compile/compile.ts";
import { type Program, PROGRAMS } from "../../scripts/compile/programs.ts";
import { executable, hostTarget, type Target } from "../../scripts/compile/targets.ts";
import { compilerFrom } from "../../scripts/compile/compiler.ts";
import { copyTree } from "./copy_tree.ts";
import { GIVEN_PROGRAMS } from "./tools.ts";

/** The Deno to which the runtimes of the test tools belong; DENO_COMPILER names another. */
export const COMPILER = Deno.env.get("DENO_COMPILER") ?? "npx -y deno@2.7.11";

const folders: string[] = [];
Deno.test.afterAll(async () => {
  for (const folder of folders) await Deno.remove(folder, { recursive: true });
});

/** A folder that is gone after the last test of the file; every user may look into it. */
export async function folderForFile(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "hotpot-test-" });
  folders.push(folder);
  if (Deno.build.os !== "windows") await Deno.chmod(folder, 0o755);
  return folder;
}

/** A copy of the project without its tests, to change and to build; gone after the last test. */
export async function copyOfProject(): Promise<string> {
  const folder = await folderForFile();
  for (const part of ["src", "scripts", "deploy", "deno.json", "deno.lock"]) {
    await copyTree(part, join(folder, part));
  }
  return folder;
}

/** The commit that compiled programs name; those that are given have their own. */
export const COMMIT = GIVEN_PROGRAMS === undefined ? /^0123456789abcdef$/ : /^[0-9a-f]{40}/;

/**
 * Compiles a program for the tests of one file: call it once, and share what it gives. A program as
 * it is released is taken from HOTPOT_TEST_PROGRAMS, where that is set. `root` is the folder of the
 * project, by default this one.
 */
export async function compileForTests(
  program: Program,
  options: { readonly target: Target; readonly runtime: string; readonly root?: string },
): Promise<string> {
  if (
    GIVEN_PROGRAMS !== undefined && PROGRAMS.includes(program) &&
    options.target === hostTarget() && options.root === undefined
  ) {
    return resolve(GIVEN_PROGRAMS, executable(program.name, options.target));
  }
  const folder = await folderForFile();
  const js = join(folder, "js");
  await Deno.mkdir(js);
  const stamp = { commit: "0123456789abcdef", epoch: 1_700_000_000 };
  const compiled = await compileProgram({
    program,
    bundle: await bundle(program, { root: options.root ?? Deno.cwd(), folder: js, stamp }),
    target: options.target,
    compiler: await compilerFrom({ DENORT_BIN: options.runtime, DENO_COMPILER: COMPILER }),
    folder,
  });
  return compiled.path;
}
