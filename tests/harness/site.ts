import { join } from "node:path";
import { computeSums, formatSums } from "../../src/migrations/sums.ts";
import { folderForFile } from "./compiled.ts";
import type { ProgramRun } from "./program.ts";
import { server } from "./postgres.ts";

/** A machine as a compiled program finds it: folders of its own, and nothing else of ours. */
export interface Site {
  readonly root: string;
  readonly config: string;
  /** Everything that is in the folder for temporary files, the home and the current folder. */
  leftovers(): Promise<readonly string[]>;
  start(program: string, args: readonly string[], options?: SiteOptions): Deno.ChildProcess;
  run(program: string, args: readonly string[], options?: SiteOptions): Promise<ProgramRun>;
}

/** What differs for one run. */
export interface SiteOptions {
  /** The whole environment; by default TMPDIR, HOME and PATH, which has nothing on it. */
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  /** A command to run the program by: Wine. */
  readonly through?: readonly string[];
  /** `piped` for a program to which a test types; by default it has nothing to read. */
  readonly stdin?: "null" | "piped";
}

const PLACES = ["temp", "home", "work"] as const;

/** Makes a site with a configuration for a database; its path may be as odd as it likes. */
export async function makeSite(dbname: string, name = "site"): Promise<Site> {
  const root = join(await folderForFile(), name);
  for (const place of PLACES) await Deno.mkdir(join(root, place), { recursive: true });
  const config = join(root, "config.yaml");
  await Deno.writeTextFile(config, configText(dbname));
  const start = (program: string, args: readonly string[], options: SiteOptions = {}) => {
    const { env, stdin = "null", through = [], uid } = options;
    const [command = "", ...rest] = [...through, program, ...args];
    return new Deno.Command(command, {
      args: rest,
      cwd: join(root, "work"),
      clearEnv: true,
      env: env ?? { TMPDIR: join(root, "temp"), HOME: join(root, "home"), PATH: "/nonexistent" },
      stdin,
      stdout: "piped",
      stderr: "piped",
      ...(uid === undefined ? {} : { uid, gid: uid }),
    }).spawn();
  };
  return {
    root,
    config,
    start,
    async leftovers() {
      const found: string[] = [];
      for (const place of PLACES) {
        for await (const { name } of Deno.readDir(join(root, place))) {
          found.push(`${place}/${name}`);
        }
      }
      return found;
    },
    async run(program, args, options) {
      const { code, stderr, stdout } = await start(program, args, options).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, out: text(stdout), err: text(stderr) };
    },
  };
}

/** A configuration for a database of the test server. */
export function configText(dbname: string): string {
  const { host, port } = server();
  return `database:\n  host: ${host}\n  port: ${port}\n  user: postgres\n  password: planted-password\n  dbname: ${dbname}\n  sslmode: disable\n`;
}

/** Writes a folder of migrations with their sums: `{ "bronze/0001_a.sql": "select 1;" }`. */
export async function writeMigrations(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const layers = new Map<string, { readonly name: string; readonly text: string }[]>();
  for (const [path, text] of Object.entries(files)) {
    const [layer = "", name = ""] = path.split("/");
    layers.set(layer, [...layers.get(layer) ?? [], { name, text }]);
  }
  for (const [layer, own] of layers) {
    await Deno.mkdir(join(folder, layer), { recursive: true });
    for (const { name, text } of own) await Deno.writeTextFile(join(folder, layer, name), text);
    await Deno.writeTextFile(join(folder, layer, "atlas.sum"), formatSums(computeSums(own)));
  }
}
