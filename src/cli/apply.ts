import { apply, type ApplyRequest } from "../commands/apply.ts";
import { chooseEngine, type EngineName } from "../commands/engine.ts";
import { loadPoolUnread } from "../commands/pool.ts";
import { describeDatabase } from "../dsn.ts";
import { EXIT, MigrateError } from "../errors.ts";
import type { Secrets } from "../redact.ts";
import type { ApplyReport } from "../report.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import { applyDocument } from "./apply_document.ts";
import { applyEvents } from "./apply_events.ts";
import { haltLine, summary } from "./apply_text.ts";
import { type CiFlags, CiReports } from "./ci/mod.ts";
import { type DecisionFlags, decisionOf } from "./decision_flags.ts";
import { errorText } from "./error_text.ts";
import { exitCode } from "./exit_code.ts";
import { outcomeOf } from "./outcome.ts";
import { ProgressBoard } from "./progress_board.ts";
import { Screen } from "./screen.ts";
import type { SeveralFlags } from "./several.ts";
import { loadTarget, type Target, type TargetFlags, type TargetRequest } from "./target.ts";

/** The flags of `migrate apply`. */
export interface ApplyFlags extends TargetFlags, SeveralFlags, DecisionFlags, CiFlags {
  readonly engine?: EngineName | undefined;
  readonly lockTimeout?: number | undefined;
  readonly statementLockTimeout?: number | undefined;
  readonly pipeline: boolean;
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
  readonly verbose?: true | undefined;
  readonly color: boolean;
}

/** What a run says of itself, whichever database it works on. */
export type CommonRequest = Omit<ApplyRequest, keyof TargetRequest | "enough" | "events">;

const LOCK_TIMEOUT_MS = 10_000;
const STATEMENT_LOCK_TIMEOUT_MS = 3_000;

/** `migrate apply`: loads everything, applies, and prints what became of it. */
export async function runApply(
  world: World,
  options: { readonly flags: ApplyFlags; readonly secrets: Secrets },
): Promise<number> {
  const { flags, secrets } = options;
  const screen = new Screen(world, flags);
  const warn = (text: string) => screen.warn(text);
  await using ci = await CiReports.open(world, { flags, warn, redact: secrets.redact });
  try {
    return await applyAll(world, { ci, flags, screen, secrets });
  } catch (error) {
    ci.fail(error);
    throw error;
  }
}

async function applyAll(
  world: World,
  { ci, flags, screen, secrets }: {
    readonly ci: CiReports;
    readonly flags: ApplyFlags;
    readonly screen: Screen;
    readonly secrets: Secrets;
  },
): Promise<number> {
  await using target = await loadTarget(world, {
    flags,
    secrets,
    warn: (text) => screen.warn(text),
    onMigrations: (folder) => ci.locate(folder),
    load: loadPoolUnread,
  });
  const { settings } = target;
  const { migrate } = settings;
  const engine = await chooseEngine(flags.engine ?? migrate.engine ?? "auto", world.env);
  const common = {
    engine,
    lockTimeoutMs: flags.lockTimeout ?? migrate.lock_timeout ?? LOCK_TIMEOUT_MS,
    statementLockTimeoutMs: flags.statementLockTimeout ?? migrate.statement_lock_timeout ??
      STATEMENT_LOCK_TIMEOUT_MS,
    ...decisionOf(flags),
    pipeline: flags.pipeline,
    operator: `hotpot-migrate ${VERSION}`,
    env: world.env,
  };
  const { choice } = engine;
  const who = `${
    choice.name === "atlas" ? `Atlas ${choice.version} (${choice.path})` : "embedded engine"
  } (${choice.reason})`;
  const offer = target.requests[0]?.pool.migrations.length;
  const details = `settings from ${settings.source}, ${offer} migrations on offer`;
  if (settings.isList) {
    const { applySeveral } = await import("./apply_several.ts");
    return await applySeveral(world, { ci, common, details, flags, screen, secrets, target, who });
  }
  screen.say(`Database ${describeDatabase(settings.database)}, ${who}`);
  screen.detail(details);
  return await applyOne(world, { ci, common, flags, screen, target });
}

async function applyOne(
  world: World,
  { ci, common, flags, screen, target }: {
    readonly ci: CiReports;
    readonly common: CommonRequest;
    readonly flags: ApplyFlags;
    readonly screen: Screen;
    readonly target: Target;
  },
): Promise<number> {
  using board = new ProgressBoard(screen);
  const lane = board.lane();
  lane.show("Connecting");
  const { request } = target;
  const name = request.database.dbname;
  try {
    const events = applyEvents({ engine: common.engine.choice, lane, screen });
    const report = await apply({ ...common, ...request, events });
    board.clear();
    ci.add(outcomeOf(name, report));
    return conclude(world, report, { flags, screen });
  } catch (error) {
    if (error instanceof MigrateError) ci.add({ state: "failed", name, error });
    throw error;
  }
}

function conclude(
  world: World,
  report: ApplyReport,
  options: { readonly flags: ApplyFlags; readonly screen: Screen },
): number {
  const { flags, screen } = options;
  if (flags.json) world.out(`${JSON.stringify(applyDocument(report, world), null, 2)}\n`);
  const { error } = report;
  if (error === undefined) {
    screen.detail(
      `history in schema "${report.revisionsSchema}", PostgreSQL ${report.serverVersion}`,
    );
    screen.result(summary(report));
    return EXIT.done;
  }
  const halted = error.with({ details: [...error.details, haltLine(report)] });
  world.err(errorText(halted, { style: screen.err, world }));
  return exitCode(error, world.signal);
}
