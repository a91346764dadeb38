import { loadSettings, type Settings } from "../../config/mod.ts";
import { describeDatabase } from "../../dsn.ts";
import { interrupted, MigrateError } from "../../errors.ts";
import type { LookName } from "../../looks.ts";
import type { Pool } from "../../migrations/mod.ts";
import { Session } from "../../postgres/mod.ts";
import type { Secrets } from "../../redact.ts";
import type { Lastly } from "../../world.ts";
import type { EngineName } from "../engine.ts";
import { loadPool } from "../pool.ts";
import { lookAtEngine } from "./engine.ts";
import { changed, fault, type Look, ok, some, unseen, warning } from "./look.ts";
import { lookAtNetwork } from "./network.ts";
import { lookAtServer, SERVER_LOOKS } from "./server.ts";

export type { Look };

/** What a doctor needs to know. */
export interface DoctorRequest {
  readonly env: Readonly<Record<string, string>>;
  readonly configFile: string | undefined;
  /** The names of `--database`; of several databases the first is looked at. */
  readonly chosen: readonly string[];
  readonly applicationName: string;
  readonly engine: EngineName | undefined;
  readonly migrations: string | undefined;
  readonly revisionsSchema: string | undefined;
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
  /** Is given what revokes all that Vault has made. */
  readonly lastly?: Lastly | undefined;
  /** Told of each look as soon as it and all before it are done. */
  readonly onLook: (look: Look) => void;
  /** For tests: what counts as long, as much, and as today. */
  readonly longMs?: number;
  readonly slotBytes?: number;
  readonly now?: Date;
}

/** What was found. */
export interface DoctorReport {
  /** Without the password; nothing where the settings could not be read. */
  readonly database: string | undefined;
  readonly looks: readonly Look[];
}

const LONG_MS = 5 * 60_000;
const SLOT_BYTES = 1e9;

/**
 * Looks at everything that a run depends on, and writes nothing. A fault does not end it: what
 * depends on what failed is told as not looked at. Each wait has an end.
 *
 * @throws {MigrateError} `interrupted`.
 */
export async function doctor(request: DoctorRequest): Promise<DoctorReport> {
  const { onLook, signal } = request;
  const looks: Look[] = [];
  const warnings: string[] = [];
  const settings = await load(request, warnings);
  try {
    const source = settings instanceof MigrateError
      ? lookAtRefusal(settings, request)
      : lookAtAll(settings, { ...request, warnings: warnings.splice(0) });
    for await (const look of source) tell(look);
  } finally {
    if (!(settings instanceof MigrateError)) await settings[Symbol.asyncDispose]();
  }
  if (settings instanceof MigrateError) return { database: undefined, looks };
  if (settings.vault?.made) tell(lookAtEnd(warnings));
  return { database: describeDatabase(settings.database), looks };

  function tell(look: Look): void {
    if (signal.aborted) throw interrupted("Stopped while looking");
    const clean = plain(look);
    looks.push(clean);
    onLook(clean);
  }
}

async function load(
  request: DoctorRequest,
  warnings: string[],
): Promise<Settings | MigrateError> {
  const { applicationName, chosen, configFile, env, secrets, signal } = request;
  try {
    return await loadSettings({
      env,
      configFile,
      chosen,
      applicationName,
      secrets,
      signal,
      lastly: request.lastly,
      onWarning: (text) => warnings.push(text),
    });
  } catch (error) {
    if (error instanceof MigrateError && error.code !== "interrupted") return error;
    throw error;
  }
}

/** Without settings the way to the server cannot be looked at; Vault's refusal is not that of the file. */
async function* lookAtRefusal(error: MigrateError, request: DoctorRequest): AsyncGenerator<Look> {
  const byVault = /^(?:vault_|identity_token|secret_file_open)/.test(error.code);
  const { configFile, engine = "auto", env, signal } = request;
  const place = configFile === undefined && env["CONFIG_SOURCE"] === "vault"
    ? `Vault ${env["VAULT_PATH"]}`
    : configFile ?? (env["CONFIG_FILE"] || "config.yaml");
  yield byVault ? ok("configuration", `settings from ${place}`) : fault("configuration", error);
  yield byVault ? fault("vault", error) : unseen("vault", "configuration");
  const needs = byVault ? "vault" : "configuration";
  yield (await lookAtMigrations(request.migrations || env["MIGRATE_MIGRATIONS"] || undefined)).look;
  for (const name of ["dns", "tcp", "tls", "login"] as const) yield unseen(name, needs);
  for (const [name] of SERVER_LOOKS) yield unseen(name, needs);
  yield await lookAtEngine(engine, { env, signal });
}

async function* lookAtAll(
  settings: Settings,
  request: DoctorRequest & { readonly warnings: readonly string[] },
): AsyncGenerator<Look> {
  const { database, migrate } = settings;
  const { env, now = new Date(), secrets, signal } = request;
  const engine = lookAtEngine(request.engine ?? migrate.engine ?? "auto", { env, signal });
  const warned = [...settings.warnings, ...request.warnings];
  const { length } = settings.databases;
  const which = length === 1
    ? ""
    : `; of ${length} databases this looks at ${database.dbname} (--database)`;
  const place = `settings from ${settings.source}${which}`;
  yield warned.length === 0 ? ok("configuration", place) : warning(
    "configuration",
    `${place}; ${some(warned)}`,
    { code: "config_warning" },
  );
  yield settings.vault === undefined
    ? ok("vault", "not used")
    : ok("vault", `${settings.vault.address} lets us in (${settings.vault.method})`);
  const { look, pool } = await lookAtMigrations(request.migrations ?? migrate.migrations);
  yield look;
  let last: Look | undefined;
  for await (const each of lookAtNetwork({ database, now, redact: secrets.redact, signal })) {
    last = each.state === "fault" || each.state === "unseen" ? each : last;
    yield each;
  }
  const login = await logIn(settings, { ...request, needs: last?.needs ?? last?.name });
  yield login.look;
  if (login.session === undefined) {
    for (const [name] of SERVER_LOOKS) yield unseen(name, login.look.needs ?? "login");
  } else {
    await using session = login.session;
    yield* lookAtServer({
      session,
      pool,
      revisionsSchema: request.revisionsSchema ?? migrate.revisions_schema,
      signal,
      redact: request.secrets.redact,
      longMs: request.longMs ?? LONG_MS,
      slotBytes: request.slotBytes ?? SLOT_BYTES,
    });
  }
  yield await engine;
}

async function lookAtMigrations(
  directory: string | undefined,
): Promise<{ readonly look: Look; readonly pool: Pool | undefined }> {
  try {
    const pool = await loadPool(directory);
    const where = directory === undefined ? "inside this program" : `in ${directory}`;
    const { length } = pool.migrations;
    return { look: ok("migrations", `${length} ${where}, as their sums say`), pool };
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error;
    return { look: fault("migrations", error), pool: undefined };
  }
}

async function logIn(
  { database }: Settings,
  request: DoctorRequest & { readonly needs: LookName | undefined },
): Promise<{ readonly look: Look; readonly session?: Session }> {
  const { needs, secrets, signal } = request;
  if (needs !== undefined) return { look: unseen("login", needs) };
  try {
    const session = await Session.open(database, { signal, redact: secrets.redact });
    const role = database.role === undefined ? "" : ` in the role ${database.role}`;
    const look = ok("login", `${describeDatabase(database)}${role}, pid ${session.facts.pid}`);
    return { look, session };
  } catch (error) {
    if (!(error instanceof MigrateError) || error.code === "interrupted") throw error;
    return { look: fault("login", error) };
  }
}

function lookAtEnd(warnings: readonly string[]): Look {
  return warnings.length === 0
    ? ok("revocation", "what Vault made for this look is revoked")
    : warning("revocation", warnings.join("; "), {
      code: "not_revoked",
      fix: "Give the token the right that is named, or let it end by itself",
    });
}

/** What servers and users write into names must not steer a terminal. */
function plain(look: Look): Look {
  return changed(look, (text) => text.replace(/\s+/g, " ").replace(/\p{Cc}/gu, "\ufffd"));
}
