import { join } from "node:path";
import type { Database } from "../../src/database.ts";

/** A configuration file in a folder of its own, gone at the end of the scope. */
export interface ConfigFile extends AsyncDisposable {
  readonly path: string;
  /** The folder, for whatever else a test needs. */
  readonly folder: string;
}

/** Writes a configuration file; without a text, one that names the given database. */
export async function configFile(content: string | Database): Promise<ConfigFile> {
  const folder = await Deno.makeTempDir({ prefix: "hotpot-test-" });
  const path = join(folder, "config.yaml");
  await Deno.writeTextFile(path, typeof content === "string" ? content : configOf(content), {
    mode: 0o600,
  });
  return { path, folder, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

/** The text of a configuration for a database. */
export function configOf(database: Database): string {
  const { dbname, host, password, port, sslmode, user } = database;
  const section = { host, port, user, password, dbname, sslmode };
  // JSON is YAML.
  return JSON.stringify({ database: section, redis: { password: "not ours" } });
}
