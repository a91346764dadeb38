import { join } from "node:path";
import { MigrateError } from "../../src/errors.ts";
import type { Program } from "./programs.ts";
import { run } from "./run.ts";
import type { Stamp } from "./stamp.ts";

/**
 * What the code of a program may weigh before its runtime: a parser compiled to WebAssembly has its
 * place, more is a dependency by mistake. What `--version` loads has a budget of its own in the tests.
 */
const BUDGET_BYTES = 7 * 1024 * 1024;

/** A program as plain JavaScript. */
export interface Bundle {
  /** The file that starts it. */
  readonly entry: string;
  readonly files: readonly string[];
  readonly bytes: number;
}

/**
 * Makes plain JavaScript of a program in a folder, in parts: what starts it and answers
 * `--version`, and the rest, which is loaded when it is needed. The same sources give the same
 * bytes, wherever they and the cache of packages stand.
 *
 * @throws {MigrateError} `compile_failed`.
 */
export async function bundle(
  program: Program,
  options: { readonly root: string; readonly folder: string; readonly stamp: Stamp },
): Promise<Bundle> {
  const { folder, root, stamp } = options;
  if (!await Deno.stat(join(root, program.entry)).then(({ isFile }) => isFile, () => false)) {
    throw new MigrateError(
      "compile_failed",
      `Cannot compile ${program.name}: "${program.entry}" does not exist`,
      { hint: "Correct its entry in scripts/compile/programs.ts" },
    );
  }
  const raw = join(folder, "raw");
  await run([
    // Not minified: the minifier of esbuild 0.25.5 drops the word `using` where the variable is used
    // once, and what it holds is never closed.
    ...[Deno.execPath(), "bundle", "-q", "--code-splitting"],
    // Of a package that has them the modules of the language, not those of Node: of `yaml` only what
    // is used comes along then, and it starts in half the time.
    ...["--platform", "browser"],
    ...["--outdir", raw, program.entry],
  ], { what: `bundle ${program.name}`, cwd: root });
  const parts = await readParts(raw);
  const files: string[] = [];
  let bytes = 0;
  for (const [name, text] of rename(parts)) {
    const path = join(folder, name);
    const stamped = new TextEncoder().encode(
      withLazyNode(text).replaceAll("@commit@", stamp.commit ?? ""),
    );
    await Deno.writeFile(path, stamped);
    // The compiler puts the times of the files into the program.
    await Deno.utime(path, stamp.epoch, stamp.epoch);
    files.push(path);
    bytes += stamped.length;
  }
  await Deno.remove(raw, { recursive: true });
  if (bytes > BUDGET_BYTES) {
    throw new MigrateError(
      "compile_failed",
      `Cannot compile ${program.name}: its code has ${bytes} bytes, and ${BUDGET_BYTES} are the most`,
      { hint: "See what has come in, or raise the budget in scripts/compile/bundle.ts" },
    );
  }
  return { entry: join(folder, `${program.name}.js`), files, bytes };
}

// Comments and keys of the bundler: the way from here to a package in the cache.
const CACHED = /(?:\.\.\/)+[^"\n]*?\/npm\/[^/"\n]+\/(?=(?:@[^/"\n]+\/)?[^/"\n]+\/\d+\.)/g;

/** The parts as the bundler wrote them, without the places of this machine. */
async function readParts(folder: string): Promise<ReadonlyMap<string, string>> {
  const parts = new Map<string, string>();
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(join(folder, name));
    parts.set(name, text.replaceAll(CACHED, "npm/"));
  }
  return parts;
}

// Packages that import a module of Node's whole, to look something up in it now and then.
const WHOLE_MODULE =
  /^import (\w+) from "(node:(?:child_process|crypto|dns\/promises|fs|net|os|path|stream|tls))";$/gm;

/**
 * Has Node's modules loaded when they are asked for, which keeps them out of the start: there the
 * runtime spends more time on them than on all of our own code. Packages in CommonJS ask for them
 * with `require`, which the bundler leaves out.
 */
export function withLazyNode(text: string): string {
  const lazy = text.replace(
    WHOLE_MODULE,
    'const $1 = new Proxy({}, { get: (_, key) => globalThis.process.getBuiltinModule("$2")[key] });',
  );
  // The parser looks where it stands before it is told that its bytes are here.
  if (/\b__dirname\b/.test(lazy)) return `const __dirname="";\n${lazy}`;
  if (!lazy.includes("Dynamic require of")) return lazy;
  return `const require=name=>globalThis.process.getBuiltinModule(name);\n${lazy}`;
}

const HASH = /-[0-9A-Z]{8}(?=\.js\b)/g;

/**
 * Gives the parts names that depend on nothing but their text: the bundler's contain hashes of the
 * places where packages are cached.
 */
export function rename(parts: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const plain = [...parts].map(([name, text]) => ({
    name,
    key: `${name.replace(HASH, "")}\n${text.replace(HASH, "")}`,
  })).sort((a, b) => a.key < b.key ? -1 : 1);
  const names = new Map<string, string>();
  for (const { name } of plain) {
    const stem = name.replace(HASH, "").replace(/\.js$/, "");
    const taken = [...names.values()].filter((other) => other.replace(/\d*\.js$/, "") === stem);
    names.set(name, taken.length === 0 ? `${stem}.js` : `${stem}${taken.length + 1}.js`);
  }
  const renamed = [...parts].map(([name, text]) => {
    let result = text;
    for (const [from, to] of names) result = result.replaceAll(`./${from}`, `./${to}`);
    return [names.get(name) ?? name, result] as const;
  });
  return new Map(renamed);
}
