import { atlasMissing, type AtlasProgram, findAtlas } from "../atlas/mod.ts";
import { loadSettings } from "../config/mod.ts";
import type { Database } from "../database.ts";
import { MigrateError } from "../errors.ts";
import { isDevName, notDev, type ScratchMode } from "../postgres/mod.ts";
import type { Secrets } from "../redact.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import type { Screen } from "./screen.ts";

/** A throwaway PostgreSQL, gone at the end. */
export interface DevServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

/** What only the program that is run from source has. */
export interface SourceTools {
  /** Where the declared schemas are, unless `--schema` says otherwise. */
  readonly schema: string;
  /** Starts a throwaway PostgreSQL. */
  readonly startServer: (signal: AbortSignal) => Promise<DevServer>;
}

/** The flags of every command that compares. */
export interface CompareFlags {
  readonly schema: string;
  readonly out: string;
  readonly config?: string | undefined;
  readonly scratch: ScratchMode;
  readonly devEmbedded?: true | undefined;
  readonly tools: SourceTools | undefined;
  readonly secrets: Secrets;
}

/** What a command that compares works with. */
export interface DevSettings extends AsyncDisposable {
  /** The development database; its name has been checked. */
  readonly database: Database;
  readonly program: AtlasProgram;
  readonly redact: (text: string) => string;
}

/**
 * The database to compare in and the Atlas that does it. The database's name is looked at before any
 * process or connection is started.
 *
 * @throws {MigrateError} `dev_name`, `atlas_missing`, `not_supported`, and the codes of
 * `loadSettings`.
 */
export async function devSettings(
  world: World,
  context: { readonly flags: CompareFlags; readonly screen: Screen },
): Promise<DevSettings> {
  const { flags, screen } = context;
  const stack = new AsyncDisposableStack();
  try {
    const settings = flags.devEmbedded
      ? await embeddedSettings(world, { flags, stack, screen })
      : await configuredSettings(world, { flags, stack, screen });
    for (const warning of settings.warnings) screen.warn(warning);
    const program = await findAtlas(world.env);
    if (program === undefined) throw atlasMissing();
    return {
      database: settings.database,
      program,
      redact: flags.secrets.redact,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

interface Loaded {
  readonly database: Database;
  readonly warnings: readonly string[];
}

interface LoadContext {
  readonly flags: CompareFlags;
  /** What ends with the command. */
  readonly stack: AsyncDisposableStack;
  readonly screen: Screen;
}

async function configuredSettings(
  world: World,
  { flags, screen, stack }: LoadContext,
): Promise<Loaded> {
  return stack.use(
    await loadSettings({
      env: world.env,
      configFile: flags.config,
      applicationName: `hotpot-genmigrate/${VERSION}`,
      // Before anything is started or connected to: the content of another database would be at risk.
      checkName: (dbname) => {
        if (!isDevName(dbname)) throw notDev(dbname);
      },
      signal: world.signal,
      secrets: flags.secrets,
      onWarning: (text) => screen.warn(text),
      lastly: world.lastly,
    }),
  );
}

async function embeddedSettings(
  world: World,
  context: LoadContext,
): Promise<Loaded> {
  const { flags, screen, stack } = context;
  if (flags.tools === undefined) {
    throw new MigrateError(
      "not_supported",
      "Cannot start a PostgreSQL: this program has none inside",
      {
        hint: "Run it from source (deno task gen --dev-embedded …), or configure a database",
      },
    );
  }
  screen.live.show("Starting a throwaway PostgreSQL");
  const { host, port, user } = stack.use(await flags.tools.startServer(world.signal));
  return {
    database: {
      host,
      port,
      user,
      dbname: "genmigrate_dev",
      sslmode: "disable",
      connectTimeoutMs: 10_000,
      applicationName: `hotpot-genmigrate/${VERSION}`,
    },
    warnings: [],
  };
}
