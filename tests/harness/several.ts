import { join } from "node:path";
import type { Database } from "../../src/database.ts";
import { createDatabase, type TestDatabase } from "./postgres.ts";

/** Several databases of one test, with a configuration that lists them. */
export interface SeveralDatabases extends AsyncDisposable {
  readonly databases: readonly TestDatabase[];
  readonly names: readonly string[];
  /** A configuration file with `dbnames`. */
  readonly config: string;
  /** The folder that it stands in. */
  readonly folder: string;
}

/** Creates so many databases; `more` are names that are listed besides, at the end. */
export async function createSeveral(
  count: number,
  options: { readonly more?: readonly string[] } = {},
): Promise<SeveralDatabases> {
  await using stack = new AsyncDisposableStack();
  const databases: TestDatabase[] = [];
  for (let i = 0; i < count; i++) databases.push(stack.use(await createDatabase()));
  const names = [...databases.map(({ name }) => name), ...options.more ?? []];
  const folder = await Deno.makeTempDir({ prefix: "hotpot-test-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const config = join(folder, "config.yaml");
  const [first] = databases;
  if (first === undefined) throw new Error("at least one database is needed");
  await Deno.writeTextFile(config, listing(first.database, names), { mode: 0o600 });
  const made = stack.move();
  return { databases, names, config, folder, [Symbol.asyncDispose]: () => made.disposeAsync() };
}

/** A configuration that lists databases. */
export function listing(database: Database, dbnames: readonly string[]): string {
  const { host, password, port, sslmode, user } = database;
  // JSON is YAML.
  return JSON.stringify({ database: { host, port, user, password, sslmode, dbnames } });
}
