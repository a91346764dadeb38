import assert from "node:assert/strict";
import { join } from "node:path";
import { bundle, rename, withLazyNode } from "../../scripts/compile/bundle.ts";
import { compileProgram } from "../../scripts/compile/compile.ts";
import { compilerFrom, isWholeDeno } from "../../scripts/compile/compiler.ts";
import { programNamed } from "../../scripts/compile/programs.ts";
import { hostTarget, type Target, targetOf } from "../../scripts/compile/targets.ts";
import { MigrateError } from "../../src/errors.ts";
import { folderOf } from "../harness/atlas.ts";
import { toolTest } from "../harness/tools.ts";

const STAMP = { commit: "c0ffee", epoch: 1_700_000_000 };

Deno.test("rename() takes the hashes of the bundler out of the names", () => {
  const parts = (a: string, b: string) =>
    new Map([
      ["main.js", `import"./chunk-${a}.js";import"./chunk-${b}.js";import("./big-${a}.js")`],
      [`chunk-${a}.js`, "1"],
      [`chunk-${b}.js`, "2"],
      [`big-${a}.js`, `import"./chunk-${b}.js"`],
    ]);
  const once = rename(parts("AAAAAAAA", "BBBBBBBB"));
  const again = rename(parts("ZZZZZZZZ", "22222222"));
  assert.deepEqual(new Map([...once].sort()), new Map([...again].sort()));
  assert.deepEqual([...once.keys()].sort(), ["big.js", "chunk.js", "chunk2.js", "main.js"]);
  assert.equal(
    once.get("main.js"),
    'import"./chunk.js";import"./chunk2.js";import("./big.js")',
  );
});

Deno.test("withLazyNode() takes Node's modules out of the start, and leaves the rest alone", () => {
  const lazy = withLazyNode(
    'import tls from "node:tls";\nglobalThis.found = tls.rootCertificates;',
  );
  assert.doesNotMatch(lazy, /^import/m);
  const found = new Function(`${lazy}\nreturn globalThis.found;`)();
  assert.ok(Array.isArray(found) && found.length > 0);
  for (
    const kept of ['import { connect } from "node:net";', 'import process from "node:process";']
  ) {
    assert.equal(withLazyNode(kept), kept);
  }
});

Deno.test("bundle() leaves the parser out of the start, and nothing of this machine inside", async () => {
  await using folder = await folderOf({});
  const { entry, files } = await bundle(programNamed("migrate"), {
    root: Deno.cwd(),
    folder: folder.path,
    stamp: STAMP,
  });
  const start = await reachable(entry);
  assert.ok(start.length < files.length);
  const text = start.map((file) => Deno.readTextFileSync(file)).join("\n");
  assert.doesNotMatch(text, /CommanderError/);
  assert.match(text, /c0ffee/);
  assert.doesNotMatch(text, /^import.*"node:/m, "a module of Node's");
  assert.ok(text.length < 32_000, `--version loads ${text.length} characters`);
  const all = files.map((file) => Deno.readTextFileSync(file)).join("\n");
  assert.match(all, /using lock = await Deno\.open/, "the bundler has dropped a `using`");
  assert.doesNotMatch(all, /\.\.\/[^"\n]*\/npm\//, "a place of this machine");
  for (const file of files) {
    assert.equal((await Deno.stat(file)).mtime?.getTime(), STAMP.epoch * 1000);
  }
});

Deno.test("bundle() says which entry is missing", async () => {
  await using folder = await folderOf({});
  await assert.rejects(
    bundle({ ...programNamed("migrate"), entry: "src/nothing.ts" }, {
      root: Deno.cwd(),
      folder: folder.path,
      stamp: STAMP,
    }),
    (error) =>
      error instanceof MigrateError && /"src\/nothing.ts" does not exist/.test(error.message),
  );
});

Deno.test("bundle() refuses code beyond its budget", async () => {
  const big = "x".repeat(8 * 1024 * 1024);
  await using folder = await folderOf({ "big.ts": `console.log("${big}");\n`, "out/x": "" });
  await assert.rejects(
    bundle({ name: "big", entry: "big.ts", permissions: [], onWindows: [] }, {
      root: folder.path,
      folder: join(folder.path, "out"),
      stamp: STAMP,
    }),
    (error) => error instanceof MigrateError && /bytes, and \d+ are the most/.test(error.message),
  );
});

Deno.test({
  name: "compileProgram() refuses a program beyond its budget, and one for another target",
  // A script for a Unix shell stands in for the compiler.
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using folder = await folderOf({
      "main.js": "",
      // What is behind -o gets the start of a program for x86-64 Linux, and a size.
      "compiler":
        `#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\nprintf '\\177ELF\\002\\001\\001' > "$2"\nprintf '\\076' | dd of="$2" bs=1 seek=18 conv=notrunc 2>/dev/null\ndd if=/dev/null of="$2" bs=1 seek=\${SIZE} 2>/dev/null\n`,
    });
    const compile = async (target: Target, size: number) => {
      const compiler = join(folder.path, "compiler");
      const text = await Deno.readTextFile(compiler);
      await Deno.writeTextFile(`${compiler}-${size}`, text.replace("${SIZE}", String(size)));
      await Deno.chmod(`${compiler}-${size}`, 0o755);
      const entry = join(folder.path, "main.js");
      return await compileProgram({
        program: programNamed("migrate"),
        bundle: { entry, files: [entry], bytes: 0 },
        target,
        compiler: { command: [`${compiler}-${size}`], runtimes: new Map([[target, entry]]) },
        folder: folder.path,
      });
    };
    const refused = (code: string, words: RegExp) => (error: unknown) =>
      error instanceof MigrateError && error.code === code && words.test(error.message);
    const linux = "x86_64-unknown-linux-gnu";
    assert.equal((await compile(linux, 5_000_000)).bytes, 5_000_000);
    await assert.rejects(
      compile(linux, 130_000_000),
      refused("compile_failed", /130000000 bytes, and 125829120 are the most/),
    );
    await assert.rejects(
      compile("x86_64-apple-darwin", 5_000_000),
      refused("runtime_invalid", /it is for x86_64-unknown-linux-gnu/),
    );
  },
});

Deno.test("targetOf() knows what a program is made for, and what is no program", async () => {
  assert.equal(await targetOf(Deno.execPath()), hostTarget());
  assert.equal(await targetOf("deno.json"), undefined);
});

Deno.test("compilerFrom() refuses Deno itself, other files and missing ones for runtimes", async () => {
  assert.ok(await isWholeDeno(Deno.execPath()));
  for (const path of [Deno.execPath(), "deno.json", "nothing-here"]) {
    await assert.rejects(
      compilerFrom({ DENORT_BIN: path }),
      (error) => error instanceof MigrateError && error.code === "runtime_invalid",
    );
  }
});

toolTest("denort", "compilerFrom() takes a runtime and the command of its Deno", async (denort) => {
  const compiler = await compilerFrom({ DENORT_BIN: denort, DENO_COMPILER: "npx -y deno@2.7.11" });
  assert.deepEqual(compiler.command, ["npx", "-y", "deno@2.7.11"]);
  assert.deepEqual([...compiler.runtimes], [["x86_64-unknown-linux-gnu", denort]]);
});

/** A file and what it imports at once, without what it imports later. */
async function reachable(entry: string, seen = new Set<string>()): Promise<readonly string[]> {
  if (seen.has(entry)) return [];
  seen.add(entry);
  const text = await Deno.readTextFile(entry);
  for (const [, name] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) {
    await reachable(join(entry, "..", name ?? ""), seen);
  }
  return [...seen];
}
