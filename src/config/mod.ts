import { resolve } from "node:path";
import type { Database } from "../database.ts";
import { MigrateError } from "../errors.ts";
import type { Secrets } from "../redact.ts";
import type { Lastly } from "../world.ts";
import { checkSections } from "./check.ts";
import type { DatabaseSettings } from "./database_section.ts";
import { didYouMean } from "../did_you_mean.ts";
import { readConfigFile } from "./file.ts";
import type { MigrateSettings } from "./migrate_section.ts";
import { readPasswordFile } from "./password_file.ts";
import type { Sections } from "./section.ts";
import { readTextFile } from "./text_file.ts";
import { VaultSource, type VaultUse } from "./vault_source.ts";

export type { VaultUse };

/**
 * All settings of a run, checked. Disposing of them, at the end of the run and however it ended,
 * revokes what Vault has made for it.
 */
export interface Settings extends AsyncDisposable {
  /** The database that is meant, or the first of them. */
  readonly database: Database;
  /** All that are meant; they differ in `dbname` alone. */
  readonly databases: readonly Database[];
  /** Whether there may be several: the report is one of a list then. */
  readonly isList: boolean;
  readonly migrate: MigrateSettings;
  /** Where they came from: `config.yaml`. */
  readonly source: string;
  /** How Vault was used; nothing if it was not. */
  readonly vault: VaultUse | undefined;
  readonly warnings: readonly string[];
  /** What must not be seen in any output. */
  readonly secrets: readonly string[];
}

/** What decides where settings come from. */
export interface LoadOptions {
  readonly env: Readonly<Record<string, string>>;
  /** The file of `--config`; goes before `CONFIG_SOURCE` and `CONFIG_FILE`. */
  readonly configFile: string | undefined;
  /**
   * The names of `--database`, which go before `dbname` and `dbnames` of the configuration; absent
   * for a program that works on `dbname` alone.
   */
  readonly chosen?: readonly string[];
  /** For the default of `application_name`: `hotpot-migrate/0.1.0`. */
  readonly applicationName: string;
  /** Throws if the program must not touch a database of that name, before Vault makes a user in it. */
  readonly checkName?: (dbname: string) => void;
  /** Ends the loading; what is done at the end of the run is done all the same. */
  readonly signal: AbortSignal;
  /** Receives every secret that is met. */
  readonly secrets: Secrets;
  /** Told of what goes wrong and does not end the run, also after the loading. */
  readonly onWarning: (text: string) => void;
  /** Is given what revokes all that Vault has made. */
  readonly lastly: Lastly | undefined;
}

/**
 * Loads the settings from where `--config` or `CONFIG_SOURCE` says.
 *
 * @throws {MigrateError} `config_missing`, `config_unreadable`, `config_syntax`, `config_invalid`,
 * `dsn_not_configured`, `dsn_incomplete`, and those of Vault, `vault_…`.
 */
export async function loadSettings(options: LoadOptions): Promise<Settings> {
  const { checkName, env, onWarning: warn, secrets, signal } = options;
  const { learn, redact } = secrets;
  await using stack = new AsyncDisposableStack();
  const vault = new VaultSource({ env, learn, redact, signal, warn });
  // Taken back when all is revoked, not when that has only begun.
  if (options.lastly !== undefined) stack.defer(options.lastly(() => vault.end()));
  stack.use(vault);
  const read = await loadSections(options, vault);
  // Known from the start, whatever else is wrong.
  learnPassword(read, learn);
  const resolved = await vault.resolve(read);
  learnPassword(resolved, learn);
  const sections = vault.expectLogin(resolved);
  const checked = checkSections(sections, env, options.chosen);
  const { database: settings, dbnames, isList, migrate, warnings } = checked;
  checkName?.(settings.dbname);
  const secret = settings.password_file === undefined
    ? { password: settings.password, warnings: [] }
    : await readPasswordFile(within(sections.folder, settings.password_file));
  if (secret.password !== undefined) learn(secret.password);
  if (settings.sslkey !== undefined) {
    await learnKey(within(sections.folder, settings.sslkey), learn);
  }
  const login = await vault.databaseLogin(settings.role);
  const made = stack.move();
  const database = {
    ...toDatabase(settings, { ...options, sections, password: secret.password }),
    ...login,
  };
  return {
    database,
    databases: dbnames.map((dbname) => ({ ...database, dbname })),
    isList,
    migrate,
    source: sections.source,
    vault: vault.used,
    warnings: [...sections.warnings, ...warnings, ...secret.warnings],
    secrets: secrets.all,
    [Symbol.asyncDispose]: () => made.disposeAsync(),
  };
}

function learnPassword({ database }: Sections, learn: (secret: string) => void): void {
  const text = database?.get("password")?.text ?? "";
  if (text !== "" && !text.startsWith("vault://")) learn(text);
}

/** Learns a client key. Whether it can be used is found where it is; a pipe can be read but once. */
async function learnKey(path: string, learn: (secret: string) => void): Promise<void> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (!info?.isFile) return;
  const file = await readTextFile(path);
  if ("text" in file && file.text.trim() !== "") learn(file.text);
}

async function loadSections(
  { configFile, env }: LoadOptions,
  vault: VaultSource,
): Promise<Sections> {
  const source = env["CONFIG_SOURCE"] || "file";
  if (source !== "file" && source !== "vault") {
    throw new MigrateError(
      "config_invalid",
      `Cannot load settings: CONFIG_SOURCE is "${source}", must be file or vault${
        didYouMean(source, ["file", "vault"])
      }`,
      { hint: "Set CONFIG_SOURCE to file or vault" },
    );
  }
  if (configFile === undefined && source === "vault") return await vault.readSections();
  return await readConfigFile(configFile ?? (env["CONFIG_FILE"] || "config.yaml"));
}

function toDatabase(
  settings: DatabaseSettings,
  context: LoadOptions & { readonly sections: Sections; readonly password: string | undefined },
): Database {
  const { folder } = context.sections;
  const sslmode = settings.sslmode ??
    (settings.sslrootcert === "system" ? "verify-full" : "require");
  const sslrootcert = authorities({ ...settings, sslmode }, context);
  return {
    host: settings.host,
    port: settings.port,
    user: settings.user,
    ...(context.password === undefined ? {} : { password: context.password }),
    dbname: settings.dbname,
    sslmode,
    ...(sslrootcert === undefined ? {} : { sslrootcert }),
    ...(settings.sslcert === undefined ? {} : { sslcert: within(folder, settings.sslcert) }),
    ...(settings.sslkey === undefined ? {} : { sslkey: within(folder, settings.sslkey) }),
    connectTimeoutMs: settings.connect_timeout,
    ...(settings.search_path === undefined ? {} : { searchPath: settings.search_path }),
    applicationName: settings.application_name ?? context.applicationName,
    ...(settings.role === undefined ? {} : { role: settings.role }),
  };
}

/** Where the system's authorities decide, `SSL_CERT_FILE` says for both engines which they are. */
function authorities(
  settings: Pick<DatabaseSettings, "sslrootcert" | "sslmode">,
  { env, sections }: Pick<LoadOptions, "env"> & { readonly sections: Sections },
): string | undefined {
  const { sslrootcert, sslmode } = settings;
  if (sslrootcert !== undefined && sslrootcert !== "system") {
    return within(sections.folder, sslrootcert);
  }
  const verifies = sslmode === "verify-ca" || sslmode === "verify-full";
  return verifies && env["SSL_CERT_FILE"] ? resolve(env["SSL_CERT_FILE"]) : sslrootcert;
}

/** Absolute, because Atlas works in another folder, and takes a file that it misses for not given. */
function within(folder: string, path: string): string {
  return resolve(folder, path);
}
