import { loadPool } from "../commands/pool.ts";
import type { Database } from "../database.ts";
import { MigrateError } from "../errors.ts";
import { loadSettings, type Settings } from "../config/mod.ts";
import type { Pool } from "../migrations/mod.ts";
import type { Secrets } from "../redact.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";

/** The flags that say what a command works on. */
export interface TargetFlags {
  readonly config?: string | undefined;
  /** The names of databases, which go before those of the configuration. */
  readonly database?: readonly string[] | undefined;
  readonly migrations?: string | undefined;
  readonly revisionsSchema?: string | undefined;
}

/** What every request says of the database that it is about. */
export interface TargetRequest {
  readonly database: Database;
  readonly pool: Pool;
  readonly revisionsSchema: string | undefined;
  readonly signal: AbortSignal;
  readonly redact: (text: string) => string;
}

/** What a command works on; its log-in at Vault ends when it is disposed of. */
export interface Target extends AsyncDisposable {
  readonly settings: Settings;
  /** The folder of migrations that was named, if one was. */
  readonly migrations: string | undefined;
  /** A request for each database that is meant; at least one. */
  readonly requests: readonly TargetRequest[];
  /**
   * The request of a command that works on one database.
   *
   * @throws {MigrateError} `database_ambiguous` when several are meant.
   */
  readonly request: TargetRequest;
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
    /** Told of the folder of migrations before it is read. */
    readonly onMigrations?: (folder: string | undefined) => Promise<void>;
    /** How to load them, if not whole. */
    readonly load?: typeof loadPool;
  },
): Promise<Target> {
  const { flags, load = loadPool, onMigrations, secrets, warn } = options;
  const { signal } = world;
  await using loading = new AsyncDisposableStack();
  const settings = loading.use(
    await loadSettings({
      env: world.env,
      configFile: flags.config,
      chosen: flags.database ?? [],
      applicationName: `hotpot-migrate/${VERSION}`,
      signal,
      secrets,
      onWarning: warn,
      lastly: world.lastly,
    }),
  );
  for (const warning of settings.warnings) warn(warning);
  const { databases, migrate } = settings;
  const migrations = flags.migrations ?? migrate.migrations;
  await onMigrations?.(migrations);
  const pool = await load(migrations);
  const loaded = loading.move();
  const requests = databases.map((database) => ({
    database,
    pool,
    revisionsSchema: flags.revisionsSchema ?? migrate.revisions_schema,
    signal,
    redact: secrets.redact,
  }));
  return {
    settings,
    migrations,
    requests,
    get request() {
      return onlyOf(requests);
    },
    [Symbol.asyncDispose]: () => loaded.disposeAsync(),
  };
}

function onlyOf(requests: readonly TargetRequest[]): TargetRequest {
  const [only, ...more] = requests;
  if (only !== undefined && more.length === 0) return only;
  throw new MigrateError(
    "database_ambiguous",
    `Cannot go on: this command works on one database, and ${requests.length} are meant`,
    {
      hint: "Choose one with --database",
      details: requests.slice(0, 10).map(({ database }) => database.dbname),
    },
  );
}
