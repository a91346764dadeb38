import { delimiter, join } from "node:path";
import { interrupted, MigrateError } from "../errors.ts";

/** An Atlas found on this machine. */
export interface AtlasProgram {
  readonly path: string;
  /** As Atlas prints it: `v1.2.3`. */
  readonly version: string;
  readonly edition: "community" | "official";
}

/** The versions whose contract with our own engine has been compared in tests. */
export const TESTED_VERSIONS: readonly string[] = ["v1.2.3"];

/** Whether `--engine auto` may choose this Atlas. */
export function isTested(program: AtlasProgram): boolean {
  return TESTED_VERSIONS.includes(program.version);
}

/** What ends a program because somebody wants it to end. */
const STOPS: readonly (string | null)[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Looks for `atlas` on the PATH and asks it for its version. Returns nothing if there is none, or if
 * it has not answered when the signal fires.
 *
 * @throws {MigrateError} `interrupted` when somebody ended it, as Ctrl-C in a terminal does.
 */
export async function findAtlas(
  env: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<AtlasProgram | undefined> {
  const path = await findOnPath(env);
  if (path === undefined) return undefined;
  const answer = await new Deno.Command(path, {
    args: ["version"],
    clearEnv: true,
    env: quietEnvironment(env),
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    ...(signal === undefined ? {} : { signal }),
  }).output();
  // It may hear of a Ctrl-C before we do.
  if (STOPS.includes(answer.signal) && signal?.aborted !== true) {
    throw interrupted("Stopped while Atlas was asked for its version");
  }
  const text = new TextDecoder().decode(answer.stdout);
  const found = /^atlas (?:(community|unofficial) )?version (\S+)/.exec(text);
  if (found === null) return undefined;
  return {
    path,
    version: found[2] ?? "",
    edition: found[1] === undefined ? "official" : "community",
  };
}

/** The error of a run that needs Atlas where there is none; `otherwise` is another way out. */
export function atlasMissing(otherwise = ""): MigrateError {
  return new MigrateError("atlas_missing", "atlas: command not found", {
    hint:
      `Install Atlas (https://atlasgo.io/getting-started#installation) and put it on the PATH${otherwise}`,
  });
}

/**
 * The whole environment of an Atlas child: no `PG*` or `VAULT_*`, no update check, no upgrade notice.
 * `home` keeps what Atlas writes below `~/.atlas` out of the user's home.
 */
export function quietEnvironment(
  env: Readonly<Record<string, string>>,
  home?: string,
): Record<string, string> {
  const passed = ["PATH", "TMPDIR", "TEMP", "TMP", "SystemRoot", "SSL_CERT_FILE", "SSL_CERT_DIR"];
  const kept = passed.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    ...(home === undefined ? {} : { HOME: home, USERPROFILE: home }),
    ATLAS_NO_UPDATE_NOTIFIER: "1",
    ATLAS_NO_UPGRADE_SUGGESTIONS: "1",
  };
}

async function findOnPath(env: Readonly<Record<string, string>>): Promise<string | undefined> {
  const name = Deno.build.os === "windows" ? "atlas.exe" : "atlas";
  for (const folder of (env["PATH"] ?? env["Path"] ?? "").split(delimiter)) {
    if (folder === "") continue;
    const path = join(folder, name);
    try {
      const info = await Deno.stat(path);
      // Windows has no such bits, and Deno invents a mode without them.
      const executable = Deno.build.os === "windows" || ((info.mode ?? 0) & 0o111) !== 0;
      if (info.isFile && executable) return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
