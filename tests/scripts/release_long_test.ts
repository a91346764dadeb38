import assert from "node:assert/strict";
import { delimiter, join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { NtExecutable, NtExecutableResource, Resource } from "resedit";
import { zip } from "../../scripts/release/archive.ts";
import { hostTarget, TARGETS } from "../../scripts/compile/targets.ts";
import { jsonSchema } from "../../scripts/json_schema.ts";
import { VERSION } from "../../src/version.ts";
import { COMPILER, copyOfProject } from "../harness/compiled.ts";
import { tools, toolTest } from "../harness/tools.ts";
import { through, wineEnvironment } from "../harness/wine.ts";

const LINUX = "x86_64-unknown-linux-gnu";
const WINDOWS = "x86_64-pc-windows-msvc";
const NAME = `hotpot-migrate-${VERSION}`;

/** Runs `deno task release` in a copy of the project. */
async function release(folder: string, args: readonly string[], runtimes: readonly string[]) {
  const { code, stderr, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "release", ...args],
    cwd: folder,
    env: {
      DENORT_BIN: runtimes.join(delimiter),
      DENO_COMPILER: COMPILER,
      SOURCE_DATE_EPOCH: "1700000000",
      NO_COLOR: "1",
    },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

toolTest(
  "denort",
  "release: two folders give the same bytes; what is inside is told",
  async (denort) => {
    const folders = [await copyOfProject(), await copyOfProject()];
    const sums: string[] = [];
    for (const folder of folders) {
      const { code, err, out } = await release(folder, ["--target", LINUX], [denort]);
      assert.equal(code, 0, err);
      const size = String.raw`\d+\.\d MiB`;
      const line = `^made ${NAME}-${LINUX}  ${size} packed: migrate ${size}, genmigrate ${size}$`;
      assert.match(out, new RegExp(line, "m"));
      sums.push(await Deno.readTextFile(join(folder, "dist/SHA256SUMS")));
    }
    assert.equal(sums[0], sums[1]);
    const dist = join(folders[0] ?? "", "dist");
    await command(["sha256sum", "-c", "SHA256SUMS"], dist);
    await command(["tar", "xzf", `${NAME}-${LINUX}.tar.gz`], dist);
    const program = join(dist, `${NAME}-${LINUX}`, "migrate");
    assert.equal(await command([program, "--version"], dist), `migrate ${VERSION}\n`);
    const schema = await Deno.readTextFile(join(dist, `${NAME}-${LINUX}`, "migrate.schema.json"));
    assert.deepEqual(JSON.parse(schema), jsonSchema("migrate"));
    const licences = await Deno.readTextFile(join(dist, `${NAME}-${LINUX}`, "LICENCES.txt"));
    const bom = JSON.parse(await Deno.readTextFile(join(dist, `${NAME}.cdx.json`)));
    const names = bom.components.map(({ name }: { name: string }) => name);
    assert.deepEqual(names.slice(0, 1), ["deno"]);
    for (const name of ["commander", "postgres", "valibot", "yaml"]) {
      assert.ok(names.includes(name), name);
      assert.ok(licences.includes(`\n${name} `), name);
    }
    assert.ok(!names.includes("fast-check"));
  },
);

toolTest(
  "denort",
  "release: missing runtimes are named together, and dist/ stays",
  async (denort) => {
    const folder = await copyOfProject();
    await Deno.mkdir(join(folder, "dist"));
    await Deno.writeTextFile(join(folder, "dist/old"), "old");
    const { code, err } = await release(folder, [], [denort]);
    assert.equal(code, 1);
    assert.match(err, /runtime_missing/);
    for (const target of TARGETS) assert.equal(err.includes(target), target !== LINUX, target);
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assert.deepEqual(left.filter((name) => name.startsWith("dist")), ["dist"]);
    assert.equal(await Deno.readTextFile(join(folder, "dist/old")), "old");
  },
);

Deno.test("compile: without a runtime it fails, names the target, and bin/ stays", async () => {
  const folder = await copyOfProject();
  await Deno.mkdir(join(folder, "bin"));
  await Deno.writeTextFile(join(folder, "bin/old"), "old");
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "compile"],
    cwd: folder,
    // Deno asks a proxy that is not there for the runtime.
    env: { DENORT_BIN: "", DENO_COMPILER: "", HTTPS_PROXY: "http://127.0.0.1:1", NO_COLOR: "1" },
  }).output();
  const err = new TextDecoder().decode(stderr);
  assert.equal(code, 1, err);
  assert.match(err, new RegExp(`error\\[runtime_missing\\]: .*${hostTarget()}`));
  assert.deepEqual([...Deno.readDirSync(join(folder, "bin"))].map(({ name }) => name), ["old"]);
});

toolTest("denort", "compile: a runtime that lies in Deno's cache is used", async (denort) => {
  const folder = await copyOfProject();
  const cache = join(folder, "cache");
  const { denoDir } = JSON.parse(await command([Deno.execPath(), "info", "--json"], folder));
  const compiler = await command([
    ...COMPILER.split(" "),
    ...["eval", "console.log(JSON.stringify([Deno.execPath(), Deno.version.deno]))"],
  ], folder);
  const [path, version] = JSON.parse(compiler);
  // All that is in the real cache, but no runtime that was fetched.
  await linkAll(denoDir, cache, "dl");
  await linkAll(join(denoDir, "dl"), join(cache, "dl"), "release");
  const release = join(cache, "dl/release", `v${version}`);
  await Deno.mkdir(release, { recursive: true });
  const bytes = await Deno.readFile(denort);
  const archive = zip([{ name: "denort", bytes, executable: true }], 1_700_000_000);
  await Deno.writeFile(join(release, `denort-${LINUX}.zip`), archive);
  const proxy = { HTTPS_PROXY: "http://127.0.0.1:1", HTTP_PROXY: "http://127.0.0.1:1" };
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "compile"],
    cwd: folder,
    env: { DENORT_BIN: "", DENO_COMPILER: path, DENO_DIR: cache, ...proxy },
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const told = await command([join(folder, "bin/migrate"), "--version"], folder);
  assert.equal(told, `migrate ${VERSION}\n`);
});

async function linkAll(from: string, to: string, except: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    if (name !== except) await Deno.symlink(join(from, name), join(to, name));
  }
}

toolTest(
  ["denort_wine", "wine"],
  "release: the Windows program says what it is, and runs",
  async (denort) => {
    const folder = await copyOfProject();
    const { code, err } = await release(folder, ["--target", WINDOWS], [denort]);
    assert.equal(code, 0, err);
    const dist = join(folder, "dist");
    const archive = await Deno.readFile(join(dist, `${NAME}-${WINDOWS}.zip`));
    const { bytes, name } = firstEntry(archive);
    assert.equal(name, `${NAME}-${WINDOWS}/migrate.exe`);
    const program = join(dist, "migrate.exe");
    await Deno.writeFile(program, bytes, { mode: 0o755 });
    const run = await command([...through(), program, "--version"], dist);
    assert.equal(run.trim(), `migrate ${VERSION}`);
    const resources = NtExecutableResource.from(NtExecutable.from(bytes, { ignoreCert: true }));
    const [info] = Resource.VersionInfo.fromEntries(resources.entries);
    const [language] = info?.getAllLanguagesForStringValues() ?? [];
    assert.ok(info !== undefined && language !== undefined);
    assert.equal(info.getStringValues(language)["OriginalFilename"], "migrate.exe");
    assert.equal(info.getStringValues(language)["ProductVersion"], VERSION);
  },
);

/** The first file of a zip archive. */
function firstEntry(archive: Uint8Array): { readonly name: string; readonly bytes: Uint8Array } {
  const view = new DataView(archive.buffer);
  const size = view.getUint32(18, true);
  const start = 30 + view.getUint16(26, true) + view.getUint16(28, true);
  return {
    name: new TextDecoder().decode(archive.subarray(30, 30 + view.getUint16(26, true))),
    bytes: inflateRawSync(archive.subarray(start, start + size)),
  };
}

async function command([program = "", ...args]: readonly string[], cwd: string): Promise<string> {
  const { code, stderr, stdout } = await new Deno.Command(program, {
    args,
    cwd,
    env: tools.wine === undefined ? {} : wineEnvironment(),
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
