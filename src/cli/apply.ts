import { apply } from "../commands/apply.ts";
import { chooseEngine, type EngineName } from "../commands/engine.ts";
import { loadPool } from "../commands/pool.ts";
import { loadSettings } from "../config/mod.ts";
import { describeDatabase } from "../dsn.ts";
import { EXIT } from "../errors.ts";
import type { ExecOrder, TxMode } from "../migrations/mod.ts";
import type { Secrets } from "../redact.ts";
import type { ApplyReport, Outcome } from "../report.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import { applyDocument } from "./apply_document.ts";
import { applyEvents } from "./apply_events.ts";
import { haltLine, summary } from "./apply_text.ts";
import { type CiFlags, CiReports } from "./ci/mod.ts";
import { errorText } from "./error_text.ts";
import { exitCode } from "./exit_code.ts";
import { ProgressBoard } from "./progress_board.ts";
import { Screen } from "./screen.ts";
import type { TargetFlags } from "./target.ts";

/** The flags of `migrate apply`. */
export interface ApplyFlags extends TargetFlags, CiFlags {
  readonly engine?: EngineName | undefined;
  readonly lockTimeout?: number | undefined;
  readonly statementLockTimeout?: number | undefined;
  readonly txMode: TxMode;
  readonly execOrder: ExecOrder;
  readonly baseline?: string | undefined;
  readonly allowDirty?: true | undefined;
  readonly allowChanged?: true | undefined;
  readonly pipeline: boolean;
  readonly amount?: number | undefined;
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
  readonly verbose?: true | undefined;
  readonly color: boolean;
}

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
  await using settings = await loadSettings({
    env: world.env,
    configFile: flags.config,
    applicationName: `hotpot-migrate/${VERSION}`,
    signal: world.signal,
    secrets,
    onWarning: (text) => screen.warn(text),
    lastly: world.lastly,
  });
  const { migrate } = settings;
  const migrations = flags.migrations ?? migrate.migrations;
  await ci.locate(migrations);
  const pool = await loadPool(migrations);
  const engine = await chooseEngine(flags.engine ?? migrate.engine ?? "auto", world.env);
  for (const warning of settings.warnings) screen.warn(warning);
  const { choice } = engine;
  screen.say(
    `Database ${describeDatabase(settings.database)}, ${
      choice.name === "atlas" ? `Atlas ${choice.version} (${choice.path})` : "embedded engine"
    } (${choice.reason})`,
  );
  screen.detail(`settings from ${settings.source}, ${pool.migrations.length} migrations on offer`);
  using board = new ProgressBoard(screen);
  const lane = board.lane();
  lane.show("Connecting");
  const report = await apply({
    database: settings.database,
    pool,
    engine,
    revisionsSchema: flags.revisionsSchema ?? migrate.revisions_schema,
    lockTimeoutMs: flags.lockTimeout ?? migrate.lock_timeout ?? LOCK_TIMEOUT_MS,
    statementLockTimeoutMs: flags.statementLockTimeout ?? migrate.statement_lock_timeout ??
      STATEMENT_LOCK_TIMEOUT_MS,
    execOrder: flags.execOrder,
    txMode: flags.txMode,
    baseline: flags.baseline,
    allowDirty: flags.allowDirty === true,
    allowChanged: flags.allowChanged === true,
    pipeline: flags.pipeline,
    amount: flags.amount,
    operator: `hotpot-migrate ${VERSION}`,
    env: world.env,
    signal: world.signal,
    redact: secrets.redact,
    events: applyEvents({ engine: choice, lane, screen }),
  });
  board.clear();
  ci.add(outcomeOf(settings.database.dbname, report));
  return conclude(world, report, { flags, screen });
}

function outcomeOf(name: string, report: ApplyReport): Outcome {
  const { applied, error } = report;
  if (error !== undefined) return { state: "failed", name, report, error };
  return { state: applied.length > 0 ? "applied" : "nothing_pending", name, report };
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
