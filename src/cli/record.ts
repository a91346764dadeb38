import { baseline } from "../commands/baseline.ts";
import { type Outcome, resolve } from "../commands/resolve.ts";
import type { RecordRequest } from "../commands/under_locks.ts";
import type { BaselineDocument, ResolveDocument } from "../documents/mod.ts";
import { EXIT, MigrateError } from "../errors.ts";
import type { Secrets } from "../redact.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import { Screen } from "./screen.ts";
import { loadTarget, type TargetFlags } from "./target.ts";

/** The flags of the commands that change the history and nothing else. */
export interface RecordFlags extends TargetFlags {
  readonly lockTimeout?: number | undefined;
  readonly yes?: true | undefined;
  readonly json?: true | undefined;
  readonly color: boolean;
}

interface Call<F = RecordFlags> {
  readonly version: string;
  readonly flags: F;
  readonly secrets: Secrets;
}

const LOCK_TIMEOUT_MS = 10_000;

/** `migrate resolve`: records what became of a file that was repaired by hand. */
export async function runResolve(
  world: World,
  call: Call<
    RecordFlags & { readonly applied?: true | undefined; readonly rolledBack?: true | undefined }
  >,
): Promise<number> {
  const { applied, rolledBack } = call.flags;
  if (applied === rolledBack) {
    throw new MigrateError("usage", "Cannot resolve: say either --applied or --rolled-back", {
      hint: "--applied: what the file does is in the database; --rolled-back: nothing of it is",
    });
  }
  const outcome: Outcome = applied ? "applied" : "rolled_back";
  return await record(world, call, async (request) => {
    await resolve({ ...request, outcome });
    return { command: "resolve", status: outcome, version: call.version, error: null };
  });
}

/** `migrate baseline`: takes over a database that was built by other means. */
export async function runBaseline(world: World, call: Call): Promise<number> {
  return await record(world, call, async (request) => {
    const { pending } = await baseline(request);
    return { command: "baseline", status: "recorded", version: call.version, pending, error: null };
  });
}

async function record(
  world: World,
  { flags, secrets, version }: Call,
  work: (
    request: RecordRequest & { readonly version: string },
  ) => Promise<ResolveDocument | BaselineDocument>,
): Promise<number> {
  const screen = new Screen(world, flags);
  await using target = await loadTarget(world, {
    flags,
    secrets,
    warn: (text) => screen.warn(text),
  });
  const document = await work({
    ...target.request,
    version,
    lockTimeoutMs: flags.lockTimeout ?? target.settings.migrate.lock_timeout ?? LOCK_TIMEOUT_MS,
    operator: `hotpot-migrate ${VERSION}`,
    onWait: (holder) => screen.say(`Waiting for another run: the lock is held by ${holder}`),
    confirm: (what) => {
      screen.say(`To be recorded: ${what}`);
      return flags.yes ?? world.ask?.("Record this?") ?? false;
    },
  });
  screen.result("Recorded. Next: migrate status\n");
  if (flags.json) world.out(`${JSON.stringify(document, null, 2)}\n`);
  return EXIT.done;
}
