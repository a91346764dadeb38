import { baseline } from "../commands/baseline.ts";
import { type Outcome, resolve } from "../commands/resolve.ts";
import type { RecordRequest } from "../commands/under_locks.ts";
import type { BaselineDocument, ResolveDocument } from "../documents/mod.ts";
import { describeDatabase } from "../dsn.ts";
import { EXIT, interrupted, MigrateError } from "../errors.ts";
import { resolveSteps } from "../migrations/mod.ts";
import type { Secrets } from "../redact.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import { nextLines, sameCommand } from "./next_command.ts";
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
      hint: "Look into the database, then say which it is",
      next: resolveSteps(call.version),
    });
  }
  const outcome: Outcome = applied ? "applied" : "rolled_back";
  return await record(world, call, async (request) => {
    const { kind, says } = await resolve({ ...request, outcome });
    return {
      document: {
        command: "resolve",
        status: kind === "nothing" ? "nothing_to_do" : outcome,
        version: call.version,
        error: null,
      },
      nothing: kind === "nothing" ? says : undefined,
    };
  });
}

/** `migrate baseline`: takes over a database that was built by other means. */
export async function runBaseline(world: World, call: Call): Promise<number> {
  return await record(world, call, async (request) => {
    const { pending, recorded, version } = await baseline(request);
    return {
      document: {
        command: "baseline",
        status: recorded ? "recorded" : "nothing_to_do",
        version,
        pending,
        error: null,
      },
      nothing: recorded ? undefined : `the history begins with ${version} as its baseline`,
    };
  });
}

/** What a change of the history came to; `nothing` says why there was nothing to do. */
interface Recorded {
  readonly document: ResolveDocument | BaselineDocument;
  readonly nothing: string | undefined;
}

async function record(
  world: World,
  { flags, secrets, version }: Call,
  work: (request: RecordRequest & { readonly version: string }) => Promise<Recorded>,
): Promise<number> {
  const screen = new Screen(world, flags);
  await using target = await loadTarget(world, {
    flags,
    secrets,
    warn: (text) => screen.warn(text),
  });
  const { document, nothing } = await work({
    ...target.request,
    version,
    lockTimeoutMs: flags.lockTimeout ?? target.settings.migrate.lock_timeout ?? LOCK_TIMEOUT_MS,
    operator: `hotpot-migrate ${VERSION}`,
    onWait: (holder) => screen.say(`Waiting for another run: the lock is held by ${holder}`),
    confirm: async (what) => {
      screen.say(`Database ${describeDatabase(target.settings.database)}`);
      // Not dim: this is what is agreed to.
      world.err(`To be recorded: ${what}\n`);
      if (!flags.yes) await haveConfirmed(world);
    },
  });
  const [next = ""] = nextLines([{ command: "migrate status" }], { style: screen.out, world });
  screen.result(nothing === undefined ? `Recorded\n${next}\n` : `Nothing to do: ${nothing}\n`);
  if (flags.json) world.out(`${JSON.stringify(document, null, 2)}\n`);
  return EXIT.done;
}

/** Has a person agree to what was shown. */
async function haveConfirmed(world: World): Promise<void> {
  const again = { command: `${sameCommand(world)} --yes`, when: "to record it without asking" };
  if (world.ask === undefined) {
    throw new MigrateError(
      "confirmation_needed",
      "Recorded nothing: there is no terminal to ask at",
      { hint: "Have a person run the same command on a terminal, or add --yes", next: [again] },
    );
  }
  if (await world.ask("Record this?")) return;
  if (world.signal.aborted) {
    throw interrupted("Stopped at the question");
  }
  throw new MigrateError("not_confirmed", "Recorded nothing: the answer was not y", {
    hint: "Nothing was changed; run the same command again to be asked again",
  });
}
