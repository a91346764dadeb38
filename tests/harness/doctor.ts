import { join } from "node:path";
import { doctor, type DoctorRequest, type Look } from "../../src/commands/doctor/mod.ts";
import type { LookName } from "../../src/looks.ts";
import type { Database } from "../../src/database.ts";
import { Secrets } from "../../src/redact.ts";
import { folderOf } from "./atlas.ts";
import { type ConfigFile, configFile } from "./config.ts";
import { migrate } from "./program.ts";
import { migrationsFolder } from "./run.ts";

/** What a run of `migrate doctor` found. */
export interface Found {
  readonly code: number;
  readonly status: string;
  readonly looks: readonly Look[];
  /** The look of a name. */
  readonly of: (name: LookName) => Look;
  /** Those that are not as they must be, as `tls fault tls_certificate`. */
  readonly amiss: readonly string[];
}

/** Files that suit the tests. */
export const FILES: Readonly<Record<string, string>> = {
  "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n",
  "silver/0002_b.sql": "create schema silver;\n",
};

/** How a test looks. */
export interface LookOptions {
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** Runs `migrate doctor --json` on a database. */
export async function examine(database: Database, options: LookOptions = {}): Promise<Found> {
  const { args = [], env, files = FILES } = options;
  await using folder = await migrationsFolder(files);
  await using config = await configFor(database, options.more);
  const run = await migrate(
    ["doctor", "--json", "-c", config.path, "--migrations", folder.path, ...args],
    env,
  );
  return { code: run.code, ...found(JSON.parse(run.out)) };
}

/** Looks with other ideas of what is long, much, or today. */
export async function examineWith(
  database: Database,
  changes: Partial<Pick<DoctorRequest, "longMs" | "slotBytes" | "now" | "signal" | "onLook">>,
): Promise<Omit<Found, "code">> {
  await using folder = await migrationsFolder(FILES);
  await using config = await configFor(database);
  const { looks } = await doctor({
    env: {},
    configFile: config.path,
    applicationName: "hotpot-migrate/test",
    chosen: [],
    engine: undefined,
    migrations: folder.path,
    revisionsSchema: undefined,
    secrets: new Secrets(),
    signal: new AbortController().signal,
    onLook: () => {},
    ...changes,
  });
  return found({ looks, status: "" });
}

/** A configuration with all that the tests set, and a `migrate` section if there is more. */
export async function configFor(
  database: Database,
  more?: Readonly<Record<string, unknown>>,
): Promise<ConfigFile> {
  const { host, password, port, role, sslmode, sslrootcert, user, dbname } = database;
  const section = {
    ...{ host, port, user, password, dbname, sslmode, sslrootcert, role },
    connect_timeout: `${database.connectTimeoutMs}ms`,
  };
  return await configFile(JSON.stringify({ database: section, ...more }));
}

/** A folder for the PATH with a program called `atlas` of our own. */
export async function fakeAtlas(
  script: string,
): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await folderOf({ "atlas": script });
  await Deno.chmod(join(folder.path, "atlas"), 0o755);
  return folder;
}

function found(
  { looks, status }: { readonly looks: readonly Look[]; readonly status: string },
): Omit<Found, "code"> {
  return {
    status,
    looks,
    of: (name) => {
      const look = looks.find((each) => each.name === name);
      if (look === undefined) throw new Error(`there is no look "${name}"`);
      return look;
    },
    amiss: looks.flatMap(({ code, name, state }) =>
      state === "fault" || state === "warning" ? [`${name} ${state} ${code}`] : []
    ),
  };
}
