import { waitUntil } from "../commands/wait.ts";
import { loadSettings } from "../config/mod.ts";
import { EXIT } from "../errors.ts";
import { Session } from "../postgres/mod.ts";
import type { Secrets } from "../redact.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";

/** The flags of `migrate wait`. */
export interface WaitFlags {
  readonly config?: string | undefined;
  /** In milliseconds. */
  readonly timeout?: number | undefined;
}

const TIMEOUT_MS = 60_000;

/** `migrate wait`: ends once the database lets us log in, and says nothing. */
export async function runWait(
  world: World,
  { flags, secrets }: { readonly flags: WaitFlags; readonly secrets: Secrets },
): Promise<number> {
  const { signal } = world;
  await waitUntil(async (leftMs) => {
    // Vault may be starting as well.
    await using settings = await loadSettings({
      env: world.env,
      configFile: flags.config,
      applicationName: `hotpot-migrate/${VERSION}`,
      signal,
      secrets,
      onWarning: (text) => world.err(`warning: ${text}\n`),
      lastly: world.lastly,
    });
    const { database } = settings;
    const connectTimeoutMs = Math.min(database.connectTimeoutMs, leftMs);
    await using _ = await Session.open({ ...database, connectTimeoutMs }, {
      signal,
      redact: secrets.redact,
    });
  }, { signal, timeoutMs: flags.timeout ?? TIMEOUT_MS });
  return EXIT.done;
}
