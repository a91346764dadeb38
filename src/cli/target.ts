import { loadPool } from "../commands/pool.ts";
import { loadSettings, type Settings } from "../config/mod.ts";
import type { Pool } from "../migrations/mod.ts";
import type { Secrets } from "../redact.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";

/** The flags that say what a command works on. */
export interface TargetFlags {
  readonly config?: string | undefined;
  readonly migrations?: string | undefined;
  readonly revisionsSchema?: string | undefined;
}

/** What a command works on; its log-in at Vault ends when it is disposed of. */
export interface Target extends AsyncDisposable {
  readonly settings: Settings;
  /** The folder of migrations that was named, if one was. */
  readonly migrations: string | undefined;
  /** What every request says of the target. */
  readonly request: {
    readonly database: Settings["database"];
    readonly pool: Pool;
    readonly revisionsSchema: string | undefined;
    readonly signal: AbortSignal;
    readonly redact: (text: string) => string;
  };
}

/**
 * Loads the settings, says their warnings, and loads the migrations on offer.
 *
 * @throws {MigrateError} the codes of `loadSettings` and `loadPool`.
 */
export async function loadTarget(
  world: World,
  options: {
    readonly flags: TargetFlags;
    readonly secrets: Secrets;
    readonly warn: (text: string) => void;
  },
): Promise<Target> {
  const { flags, secrets, warn } = options;
  const { signal } = world;
  await using loading = new AsyncDisposableStack();
  const settings = loading.use(
    await loadSettings({
      env: world.env,
      configFile: flags.config,
      applicationName: `hotpot-migrate/${VERSION}`,
      signal,
      secrets,
      onWarning: warn,
      lastly: world.lastly,
    }),
  );
  for (const warning of settings.warnings) warn(warning);
  const { database, migrate } = settings;
  const migrations = flags.migrations ?? migrate.migrations;
  const pool = await loadPool(migrations);
  const loaded = loading.move();
  return {
    settings,
    migrations,
    request: {
      database,
      pool,
      revisionsSchema: flags.revisionsSchema ?? migrate.revisions_schema,
      signal,
      redact: secrets.redact,
    },
    [Symbol.asyncDispose]: () => loaded.disposeAsync(),
  };
}
