// deno-lint-ignore-file no-console -- says why tests are ignored
import { join } from "node:path";
import { tools, toolTest } from "./tools.ts";

const FIXTURE = "tests/testdata/ent";

/** A copy of the Go module with ent types, for one test. */
export interface GoModule extends AsyncDisposable {
  readonly path: string;
  /** A private folder beside it. */
  readonly temp: string;
}

/** Copies the module, with some files changed, added or (`undefined`) left out. */
export async function copyModule(
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<GoModule> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "hotpot-test-" }));
  const path = join(root, "module");
  const files = { ...await readTree(FIXTURE), ...changes };
  for (const [name, text] of Object.entries(files)) {
    if (text === undefined) continue;
    await Deno.mkdir(join(path, name, ".."), { recursive: true });
    await Deno.writeTextFile(join(path, name), text);
  }
  const temp = join(root, "temp");
  await Deno.mkdir(temp);
  return { path, temp, [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }) };
}

/** Every file below a folder, by its path in there. */
export async function readTree(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const walk = async (inner: string) => {
    for await (const entry of Deno.readDir(join(folder, inner))) {
      const name = inner === "" ? entry.name : `${inner}/${entry.name}`;
      if (entry.isDirectory) await walk(name);
      else files[name] = await Deno.readTextFile(join(folder, name));
    }
  };
  await walk("");
  return files;
}

/** Runs Go as a person would, in a folder. */
export async function go(cwd: string, ...args: readonly string[]): Promise<void> {
  const { stderr, success } = await new Deno.Command(tools.go ?? "go", {
    args: [...args],
    cwd,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`go ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** A test that needs Go and the modules that ent's types and its generator need. */
export function goTest(name: string, fn: () => Promise<void>): void {
  if (tools.go === undefined || hasModules) toolTest("go", name, fn);
  else Deno.test({ name: `${name} [needs go]`, ignore: true, fn });
}

const hasModules = tools.go !== undefined && await canDownload();

async function canDownload(): Promise<boolean> {
  await using module = await copyModule();
  try {
    await go(module.path, "mod", "download");
    return true;
  } catch (error) {
    console.log(`The modules of ${FIXTURE} cannot be had: ${error}`);
    return false;
  }
}
