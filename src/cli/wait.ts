import { waitUntil } from "../commands/wait.ts";
import { loadSettings, type Settings } from "../config/mod.ts";
import type { Database } from "../database.ts";
import { describeDatabase } from "../dsn.ts";
import { EXIT, MigrateError } from "../errors.ts";
import { Session } from "../postgres/mod.ts";
import type { Secrets } from "../redact.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";

/** The flags of `migrate wait`. */
export interface WaitFlags {
  readonly config?: string | undefined;
  /** The names of databases, which go before those of the configuration. */
  readonly database?: readonly string[] | undefined;
  /** In milliseconds. */
  readonly timeout?: number | undefined;
}

const TIMEOUT_MS = 60_000;

/** `migrate wait`: ends once the database lets us log in, and says nothing. */
export async function runWait(
  world: World,
  { flags, secrets }: { readonly flags: WaitFlags; readonly secrets: Secrets },
): Promise<number> {
  const warned = new Set<string>();
  const warn = (text: string) => {
    if (!warned.has(text)) world.err(`warning: ${text}\n`);
    warned.add(text);
  };
  // Of several databases each has to let us log in once.
  const seen = new Set<string>();
  await using held = new Held();
  await waitUntil(async ({ leftMs, signal }) => {
    const { databases } = held.settings ??= await loadSettings({
      env: world.env,
      configFile: flags.config,
      chosen: flags.database ?? [],
      applicationName: `hotpot-migrate/${VERSION}`,
      signal,
      secrets,
      onWarning: warn,
      lastly: world.lastly,
    }).catch((error) => {
      if (!signal.aborted || world.signal.aborted) throw error;
      throw new MigrateError("vault_timeout", "Cannot load the settings: Vault does not answer", {
        hint: "Check VAULT_ADDR and that Vault runs there, or raise --timeout",
        cause: error,
      });
    });
    for (const database of databases) {
      if (seen.has(database.dbname)) continue;
      const connectTimeoutMs = Math.min(database.connectTimeoutMs, leftMs);
      try {
        await using _ = await Session.open({ ...database, connectTimeoutMs }, {
          signal,
          redact: secrets.redact,
        });
      } catch (error) {
        // The password may have been changed, or the user that Vault made have been removed.
        if (error instanceof MigrateError && error.code === "login_refused") await held.release();
        throw cutOff(error, { database, stopped: world.signal.aborted });
      }
      seen.add(database.dbname);
    }
  }, { signal: world.signal, timeoutMs: flags.timeout ?? TIMEOUT_MS });
  return EXIT.done;
}

/** What the end of the time has cut off was not stopped by a person: nobody answered in time. */
function cutOff(
  error: unknown,
  { database, stopped }: { readonly database: Database; readonly stopped: boolean },
): unknown {
  if (!(error instanceof MigrateError && error.code === "interrupted") || stopped) return error;
  return new MigrateError(
    "connection_timeout",
    `Cannot connect to ${describeDatabase(database)}: no answer`,
    { hint: "Check that the server answers there, or raise --timeout", cause: error },
  );
}

/** The settings between two tries: whatever Vault made for them is made once. */
class Held implements AsyncDisposable {
  settings: Settings | undefined;

  /** Gives back what Vault made; the next try loads anew. */
  async release(): Promise<void> {
    const { settings } = this;
    this.settings = undefined;
    await settings?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
