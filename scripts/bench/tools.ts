import { delimiter, join } from "node:path";
import { MigrateError } from "../../src/errors.ts";
import { run } from "../compile/run.ts";
import type { Format } from "./files.ts";

/** Where a tool is to work. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly dbname: string;
}

/** A tool that is measured. */
export interface Tool {
  readonly name: string;
  readonly version: string;
  readonly format: Format;
  /** The command that applies the files of a folder. */
  readonly command: (
    at: { readonly folder: string; readonly address: Address },
  ) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Tools that are here, and why the others are not. */
export interface Found {
  readonly tools: readonly Tool[];
  readonly missing: readonly { readonly name: string; readonly reason: string }[];
}

/** The tools of others, by the names that `--tools` takes. */
export const PEERS = ["atlas", "goose", "golang-migrate", "tern"] as const;
export type Peer = (typeof PEERS)[number];

/** The version of each tool that is built, and where its `go install` is. */
const GO_TOOLS = {
  goose: { path: "github.com/pressly/goose/v3/cmd/goose", version: "v3.27.3", tags: "" },
  "golang-migrate": {
    path: "github.com/golang-migrate/migrate/v4/cmd/migrate",
    version: "v4.20.1",
    tags: "postgres",
  },
  tern: { path: "github.com/jackc/tern/v2", version: "v2.3.4", tags: "" },
} as const;

/**
 * Finds Atlas (ATLAS_BIN, or the PATH) and builds the others with Go, once for each version, into a
 * folder of the user's cache. `tell` hears of what takes long.
 */
export async function findPeers(
  names: readonly Peer[],
  options: { readonly tell: (text: string) => void; readonly signal: AbortSignal },
): Promise<Found> {
  const tools: Tool[] = [];
  const missing: { name: string; reason: string }[] = [];
  for (const name of names) {
    options.signal.throwIfAborted();
    try {
      tools.push(name === "atlas" ? await findAtlas() : await built(name, options));
    } catch (error) {
      if (!(error instanceof MigrateError)) throw error;
      missing.push({ name, reason: [error.message, ...error.details.slice(-1)].join(": ") });
    }
  }
  return { tools, missing };
}

/**
 * Where Atlas is.
 *
 * @throws {MigrateError} `not_supported` where it is not.
 */
export async function atlasPath(): Promise<string> {
  const program = Deno.env.get("ATLAS_BIN") ?? await onPath("atlas");
  if (program === undefined) throw absent("no Atlas on the PATH, and ATLAS_BIN is not set");
  return program;
}

async function findAtlas(): Promise<Tool> {
  const program = await atlasPath();
  const said = await run([program, "version"], { what: "ask Atlas for its version", env: QUIET });
  return {
    name: "atlas",
    version: /v[\d.]+\S*/.exec(said)?.[0] ?? "?",
    format: { name: ({ name }, number) => `${number}_${name}.sql`, text: (sql) => sql, sums: true },
    command: ({ address, folder }) => [
      ...[program, "migrate", "apply"],
      ...["--dir", `file://${folder}`, "--url", urlOf(address)],
    ],
    env: QUIET,
  };
}

const QUIET = { ATLAS_NO_UPDATE_NOTIFIER: "1", ATLAS_NO_UPGRADE_SUGGESTIONS: "1" };

async function built(
  name: keyof typeof GO_TOOLS,
  { signal, tell }: { readonly tell: (text: string) => void; readonly signal: AbortSignal },
): Promise<Tool> {
  const { path, tags, version } = GO_TOOLS[name];
  const folder = join(cacheFolder(), `${name}-${version}`);
  // `go install` names a program after its folder, or the one above a version.
  const file = path.split("/").findLast((part) => !/^v\d+$/.test(part)) ?? name;
  const program = join(folder, Deno.build.os === "windows" ? `${file}.exe` : file);
  if (!await isFile(program)) {
    if (await onPath("go") === undefined) throw absent("no Go on the PATH to build it with");
    tell(`Building ${name} ${version} …`);
    await install({ folder, signal, package: `${path}@${version}`, tags });
  }
  return { name, version, ...GO_COMMANDS[name](program) };
}

const GO_COMMANDS: Readonly<
  Record<keyof typeof GO_TOOLS, (program: string) => Pick<Tool, "command" | "format">>
> = {
  goose: (program) => ({
    format: {
      name: ({ name }, number) => `${number}_${name}.sql`,
      text: (sql) => `-- +goose Up\n${sql}`,
    },
    command: ({ address, folder }) => [program, "-dir", folder, "postgres", urlOf(address), "up"],
  }),
  "golang-migrate": (program) => ({
    format: { name: ({ name }, number) => `${number}_${name}.up.sql`, text: (sql) => sql },
    command: (
      { address, folder },
    ) => [program, "-path", folder, "-database", urlOf(address), "up"],
  }),
  tern: (program) => ({
    format: { name: ({ name }, number) => `${number}_${name}.sql`, text: (sql) => sql },
    command: ({ address, folder }) => [
      ...[program, "migrate", "--migrations", folder],
      ...["--conn-string", urlOf(address)],
    ],
  }),
};

/** Has Go build a program into a folder, which is there whole or not at all. */
async function install(
  options: {
    readonly folder: string;
    readonly package: string;
    readonly tags: string;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { folder, signal, tags } = options;
  await Deno.mkdir(cacheFolder(), { recursive: true });
  const draft = await Deno.makeTempDir({ dir: cacheFolder(), prefix: "building-" });
  try {
    const { code, stderr } = await new Deno.Command("go", {
      args: ["install", ...(tags === "" ? [] : ["-tags", tags]), options.package],
      env: { GOBIN: draft },
      cwd: draft,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      signal,
    }).output();
    signal.throwIfAborted();
    if (code !== 0) {
      const lines = new TextDecoder().decode(stderr).trim().split("\n");
      throw absent("Go cannot build it", [lines.at(-1) ?? ""]);
    }
    await Deno.rename(draft, folder);
  } finally {
    await Deno.remove(draft, { recursive: true }).catch(() => {});
  }
}

/** Where the user's programs keep what they can make again. */
function cacheFolder(): string {
  const home = Deno.env.get("XDG_CACHE_HOME") ?? Deno.env.get("LOCALAPPDATA") ??
    join(Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE") ?? ".", ".cache");
  return join(home, "hotpot-bench");
}

/** A database as a URL without a password. */
export function urlOf({ dbname, host, port, user }: Address): string {
  return `postgres://${user}@${host}:${port}/${dbname}?sslmode=disable`;
}

async function onPath(name: string): Promise<string | undefined> {
  const file = Deno.build.os === "windows" ? `${name}.exe` : name;
  for (const folder of (Deno.env.get("PATH") ?? "").split(delimiter)) {
    if (folder !== "" && await isFile(join(folder, file))) return join(folder, file);
  }
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isFile, () => false);
}

function absent(reason: string, details: readonly string[] = []): MigrateError {
  return new MigrateError("not_supported", reason, { details, hint: "Install it" });
}
