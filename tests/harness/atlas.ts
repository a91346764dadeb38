import { join } from "node:path";
import { toPostgresUrl } from "../../src/dsn.ts";
import type { Database } from "../../src/database.ts";
import { tools } from "./tools.ts";

/** How a run of the real Atlas by hand ended. */
export interface AtlasRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real Atlas as a person would, with the URL on its standard input. */
export async function atlas(
  args: readonly string[],
  options: {
    readonly database?: Database;
    readonly revisionsSchema?: string;
    /** Kills it, which ends it with a code above 128. */
    readonly signal?: AbortSignal;
  } = {},
): Promise<AtlasRun> {
  const { database, revisionsSchema = "atlas_schema_revisions", signal } = options;
  if (database === undefined) return await run(args, { signal });
  const config = `env "x" {\n  url = "${
    toPostgresUrl(database)
  }"\n  migration {\n    revisions_schema = "${revisionsSchema}"\n  }\n}\n`;
  return await run([...args, ...CONFIG], { stdin: config, signal });
}

const CONFIG = ["--config", "file:///dev/stdin", "--env", "x"];

/** Runs the real Atlas with a configuration on its standard input, which defines `env "x"`. */
export async function atlasWith(args: readonly string[], config: string): Promise<AtlasRun> {
  return await run([...args, ...CONFIG], { stdin: config });
}

async function run(
  args: readonly string[],
  { signal, stdin }: {
    readonly stdin?: string | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<AtlasRun> {
  const child = new Deno.Command(tools.atlas ?? "", {
    args: [...args],
    clearEnv: true,
    env: { HOME: "/nonexistent", ATLAS_NO_UPDATE_NOTIFIER: "1", ATLAS_NO_UPGRADE_SUGGESTIONS: "1" },
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
  }
  const kill = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", kill);
  const { code, stdout, stderr } = await child.output();
  signal?.removeEventListener("abort", kill);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** A temporary folder with files, gone at the end of the scope. */
export async function folderOf(
  files: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "hotpot-test-" });
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(join(path, name, ".."), { recursive: true });
    await Deno.writeTextFile(join(path, name), text);
  }
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
