import { join } from "node:path";
import { bundle } from "../../scripts/compile/bundle.ts";
import { compileProgram } from "../../scripts/compile/compile.ts";
import type { Program } from "../../scripts/compile/programs.ts";
import type { Target } from "../../scripts/compile/targets.ts";
import { compilerFrom } from "../../scripts/compile/compiler.ts";

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
  await Deno.chmod(folder, 0o755);
  return folder;
}

/** Compiles a program for the tests of one file: call it once, and share what it gives. */
export async function compileForTests(
  program: Program,
  options: { readonly target: Target; readonly runtime: string },
): Promise<string> {
  const folder = await folderForFile();
  const js = join(folder, "js");
  await Deno.mkdir(js);
  const stamp = { commit: "0123456789abcdef", epoch: 1_700_000_000 };
  const compiled = await compileProgram({
    program,
    bundle: await bundle(program, { root: Deno.cwd(), folder: js, stamp }),
    target: options.target,
    compiler: await compilerFrom({ DENORT_BIN: options.runtime, DENO_COMPILER: COMPILER }),
    folder,
  });
  return compiled.path;
}
