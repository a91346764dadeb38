// deno-lint-ignore-file no-console -- a script prints
import { basename, join } from "node:path";
import { MigrateError } from "../src/errors.ts";
import { VERSION } from "../src/version.ts";
import { type Bundle, bundle } from "./compile/bundle.ts";
import { compileProgram } from "./compile/compile.ts";
import { type Compiler, compilerFrom } from "./compile/compiler.ts";
import { PROGRAMS } from "./compile/programs.ts";
import { run } from "./compile/run.ts";
import { megabytes } from "./compile/size.ts";
import { readStamp, type Stamp } from "./compile/stamp.ts";
import { executable, osOf, type Target, TARGETS } from "./compile/targets.ts";
import { schemaPath } from "./json_schema.ts";
import { type Entry, tarGz, zip } from "./release/archive.ts";
import { packagesIn } from "./release/packages.ts";
import { licences } from "./release/licences.ts";
import { sbom } from "./release/sbom.ts";
import { addVersionInfo } from "./release/version_info.ts";

/** What a release is made with. */
interface Release {
  readonly stage: string;
  readonly stamp: Stamp;
  readonly compiler: Compiler;
  readonly bundles: ReadonlyMap<string, Bundle>;
  readonly licences: string;
}

/**
 * Makes `dist/` anew: an archive for each target with all programs, the schemas of what they print
 * and the licences of what is inside, an SBOM, and the sums of all of them. `--target NAME`,
 * repeated, for some targets only.
 * Either everything succeeds, or `dist/` stays as it was.
 */
async function main(args: readonly string[]): Promise<void> {
  const targets = chosen(args);
  const stamp = await readStamp(Deno.cwd());
  const compiler = await compilerFrom(Deno.env.toObject());
  const stage = await Deno.makeTempDir({ dir: Deno.cwd(), prefix: "dist.part-" });
  try {
    const bundles = new Map<string, Bundle>();
    for (const program of PROGRAMS) {
      const folder = join(stage, "js", program.name);
      await Deno.mkdir(folder, { recursive: true });
      bundles.set(program.name, await bundle(program, { root: Deno.cwd(), folder, stamp }));
    }
    const packages = await packagesIn([...bundles.values()].flatMap(({ files }) => files));
    const deno = await versionOf(compiler);
    const release = { stage, stamp, compiler, bundles, licences: licences(packages, deno) };
    const files = new Map<string, Uint8Array>();
    await archives(targets, release, files);
    files.set(
      `hotpot-migrate-${VERSION}.cdx.json`,
      new TextEncoder().encode(sbom(packages, { deno, stamp })),
    );
    await publish(files, stage);
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
}

function chosen(args: readonly string[]): readonly Target[] {
  const targets: Target[] = [];
  for (let index = 0; index < args.length; index += 2) {
    const target = TARGETS.find((name) => name === args[index + 1]);
    if (args[index] !== "--target" || target === undefined) {
      throw new MigrateError("usage", `Cannot release: "${args[index + 1] ?? args[index]}"`, {
        details: TARGETS.map((name) => `--target ${name}`),
        hint: "Give some of these, or nothing for all",
      });
    }
    targets.push(target);
  }
  return targets.length === 0 ? TARGETS : targets;
}

/** Makes the archives of all targets; those without a runtime are told together. */
async function archives(
  targets: readonly Target[],
  release: Release,
  files: Map<string, Uint8Array>,
): Promise<void> {
  const missing: Target[] = [];
  for (const target of targets) {
    try {
      const name = `hotpot-migrate-${VERSION}-${target}`;
      const entries = await contents(target, name, release);
      const windows = osOf(target) === "windows";
      const archive = (windows ? zip : tarGz)(entries, release.stamp.epoch);
      files.set(`${name}${windows ? ".zip" : ".tar.gz"}`, archive);
      const sizes = entries.filter(({ executable }) => executable).map(({ bytes, name }) =>
        `${basename(name)} ${megabytes(bytes.length)}`
      );
      console.log(`made ${name}  ${megabytes(archive.length)} packed: ${sizes.join(", ")}`);
    } catch (error) {
      if (!(error instanceof MigrateError) || error.code !== "runtime_missing") throw error;
      missing.push(target);
    }
  }
  if (missing.length === 0) return;
  throw new MigrateError(
    "runtime_missing",
    `Cannot release: no runtime for ${missing.join(", ")}`,
    {
      hint:
        "Allow the download, put denort-<target>.zip into Deno's cache, or name unpacked ones in DENORT_BIN",
    },
  );
}

async function contents(target: Target, name: string, release: Release): Promise<Entry[]> {
  const entries: Entry[] = [];
  const folder = join(release.stage, target);
  await Deno.mkdir(folder);
  for (const program of PROGRAMS) {
    const code = release.bundles.get(program.name);
    if (code === undefined) throw new Error(`${program.name} was not bundled`);
    const options = { program, bundle: code, target, compiler: release.compiler, folder };
    const { path } = await compileProgram(options);
    if (osOf(target) === "windows") await addVersionInfo(path, program.name);
    entries.push({
      name: `${name}/${executable(program.name, target)}`,
      bytes: await Deno.readFile(path),
      executable: true,
    });
  }
  for (const program of ["migrate", "genmigrate"] as const) {
    const path = schemaPath(program);
    entries.push({
      name: `${name}/${basename(path)}`,
      bytes: await Deno.readFile(path),
      executable: false,
    });
  }
  entries.push({
    name: `${name}/LICENCES.txt`,
    bytes: new TextEncoder().encode(release.licences),
    executable: false,
  });
  return entries;
}

async function versionOf({ command }: Compiler): Promise<string> {
  const text = await run([...command, "--version"], { what: "ask the compiler for its version" });
  return /^deno (\S+)/m.exec(text)?.[1] ?? "unknown";
}

/** Writes everything with its sums, and puts it in the place of `dist/` in one step. */
async function publish(files: ReadonlyMap<string, Uint8Array>, stage: string): Promise<void> {
  const folder = join(stage, "dist");
  await Deno.mkdir(folder);
  const sums: string[] = [];
  for (const [name, bytes] of [...files].sort(([a], [b]) => a < b ? -1 : 1)) {
    const digest = await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes));
    sums.push(`${new Uint8Array(digest).toHex()}  ${name}\n`);
    await Deno.writeFile(join(folder, name), bytes);
  }
  await Deno.writeTextFile(join(folder, "SHA256SUMS"), sums.join(""));
  await Deno.remove("dist", { recursive: true }).catch(() => {});
  await Deno.rename(folder, "dist");
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error;
    console.error(`error[${error.code}]: ${error.message}`);
    for (const line of error.details) console.error(`  ${line}`);
    console.error(`hint: ${error.hint}`);
    Deno.exit(error.exit);
  }
}
