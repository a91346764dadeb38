import { join } from "node:path";
import { run } from "../compile/run.ts";

/** A package that is inside a program. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** The digest of its archive, from `deno.lock`: `sha512-…`. */
  readonly integrity: string;
  /** As its manifest says: `MIT`. */
  readonly licence: string;
  /** The text of its licence; some packages only name theirs. */
  readonly licenceText: string | undefined;
}

/** The packages that a bundle holds, as the bundler notes them above each of their files. */
export async function packagesIn(files: readonly string[]): Promise<readonly Package[]> {
  const found = new Set<string>();
  for (const file of files) {
    const text = await Deno.readTextFile(file);
    const notes = text.matchAll(/^\/\/ npm\/((?:@[^/\n]+\/)?[^/\n]+)\/(\d[^/\n]*)\//gm);
    for (const [, name, version] of notes) found.add(`${name}@${version}`);
  }
  const { npm } = JSON.parse(await Deno.readTextFile("deno.lock"));
  const cache = await registryFolders();
  return await Promise.all([...found].sort().map((id) => describe(id, { npm, cache })));
}

async function describe(
  id: string,
  { cache, npm }: {
    readonly npm: Readonly<Record<string, { readonly integrity: string }>>;
    readonly cache: readonly string[];
  },
): Promise<Package> {
  const at = id.lastIndexOf("@");
  const [name, version] = [id.slice(0, at), id.slice(at + 1)];
  // In the lock file the versions of what a package leans on may follow: `a@1.0.0_b@2.0.0`.
  const key = Object.keys(npm).find((entry) => entry === id || entry.startsWith(`${id}_`));
  const integrity = key === undefined ? undefined : npm[key]?.integrity;
  if (integrity === undefined) throw new Error(`${id} is not in deno.lock`);
  for (const folder of cache) {
    const home = join(folder, name, version);
    const manifest = await Deno.readTextFile(join(home, "package.json")).catch(() => undefined);
    if (manifest === undefined) continue;
    const licence = String(JSON.parse(manifest).license ?? "NOASSERTION");
    return { name, version, integrity, licence, licenceText: await licenceIn(home) };
  }
  throw new Error(`${id} is not in the cache`);
}

async function licenceIn(folder: string): Promise<string | undefined> {
  for await (const { isFile, name } of Deno.readDir(folder)) {
    if (isFile && /^(?:un)?licen[cs]e/i.test(name)) {
      return await Deno.readTextFile(join(folder, name));
    }
  }
  return undefined;
}

/** The folders of the cache that hold packages, one for each registry. */
async function registryFolders(): Promise<readonly string[]> {
  const info = JSON.parse(
    await run([Deno.execPath(), "info", "--json"], { what: "ask for the cache" }),
  );
  const folders: string[] = [];
  for await (const { isDirectory, name } of Deno.readDir(info.npmCache)) {
    if (isDirectory) folders.push(join(info.npmCache, name));
  }
  return folders;
}
