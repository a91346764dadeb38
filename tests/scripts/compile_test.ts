import assert from "node:assert/strict";
import { join } from "node:path";
import { bundle, rename, withLazyNode } from "../../scripts/compile/bundle.ts";
import { compilerFrom, isWholeDeno } from "../../scripts/compile/compiler.ts";
import { programNamed } from "../../scripts/compile/programs.ts";
import { hostTarget, targetOf } from "../../scripts/compile/targets.ts";
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
  const require = `import { createRequire as __r } from "node:module";
var __require = __r(import.meta.url);`;
  assert.equal(
    withLazyNode(`a();\n${require}\nb();`),
    "a();\nconst __require = (name) => globalThis.process.getBuiltinModule(name);\nb();",
  );
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
