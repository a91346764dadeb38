import { AtlasFolder } from "../atlas/mod.ts";
import type { Database } from "../database.ts";
import { describeDatabase } from "../dsn.ts";
import { MigrateError } from "../errors.ts";
import {
  baselineRow,
  type ExecOrder,
  type Migration,
  type Plan,
  type Pool,
  type Revision,
  type TxMode,
} from "../migrations/mod.ts";
import {
  createRevisions,
  executeFiles,
  LOCKS,
  PATIENCE,
  type Patience,
  type RevisionsTable,
  type ServerFields,
  Session,
  settle,
  snapshotCommands,
  takeSnapshot,
  toRefusal,
  writeRevision,
} from "../postgres/mod.ts";
import type { AppliedMigration, ApplyReport, Retry, Sight } from "../report.ts";
import type { Engine } from "./engine.ts";
import { Notices } from "./notices.ts";
import { type Preflight, preflight } from "./preflight.ts";
import { Progress } from "./progress.ts";
import { throughAtlas } from "./through_atlas.ts";

/** Everything that `migrate apply` needs to know. */
export interface ApplyRequest {
  readonly database: Database;
  readonly pool: Pool;
  readonly engine: Engine;
  readonly revisionsSchema: string | undefined;
  readonly lockTimeoutMs: number;
  /** How long a statement may wait for a lock; 0 means no end. */
  readonly statementLockTimeoutMs: number;
  /** How long to wait for other things, if not as long as usual. */
  readonly patience?: Patience;
  readonly execOrder: ExecOrder;
  readonly txMode: TxMode;
  readonly baseline: string | undefined;
  readonly allowDirty: boolean;
  /** Whether to go on although an applied file has changed. */
  readonly allowChanged: boolean;
  /** Whether the embedded engine may send files before the one ahead of them is in. */
  readonly pipeline: boolean;
  /** At most how many files to apply. */
  readonly amount: number | undefined;
  /** Who we are in the history, as `hotpot-migrate 0.1.0`. */
  readonly operator: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Once it fires no further file is begun. */
  readonly enough?: AbortSignal;
  readonly redact: (text: string) => string;
  readonly events: ApplyEvents;
}

/** What happens during a run, for those who watch. */
export interface ApplyEvents {
  /** The pre-flight is over and there is work to do. */
  readonly onPlan: (plan: Plan) => void;
  readonly onStart: (migration: Migration) => void;
  readonly onApplied: (applied: AppliedMigration) => void;
  readonly onNotice: (notice: ServerFields) => void;
  /** Somebody else holds the lock. */
  readonly onWait: (holder: string) => void;
  /** A file is about to be tried again. */
  readonly onRetry: (retry: Retry) => void;
  /** An index that an earlier run left unfinished was dropped, and is built again. */
  readonly onRebuild: (index: string) => void;
  /** What a statement does that takes its time, over and over; absent where nobody wants to know. */
  readonly onSight?: (sight: Sight) => void;
}

/**
 * Applies what is pending, in the one order of all layers, under our lock. What stops the run
 * half-way stands in the report, together with how far it came.
 *
 * @throws {MigrateError} when nothing was begun: the codes of `Session.open` and `preflight`,
 * `permission_denied`, `temporary_folder`.
 */
export async function apply(request: ApplyRequest): Promise<ApplyReport> {
  const started = performance.now();
  const { database, engine, events, pool, redact, signal } = request;
  // Where there is nothing to put Atlas' files, the database is left alone.
  await using folder = engine.program === undefined ? undefined : await AtlasFolder.create();
  const notices = new Notices(events.onNotice);
  await using session = await Session.open(database, {
    signal,
    redact,
    onNotice: (notice) => notices.receive(notice),
    patience: patienceOf(request),
    look: snapshotCommands(request.revisionsSchema),
    ...(events.onSight === undefined ? {} : { onSight: events.onSight }),
  });
  const run = await preflight(session, request).catch((error) => {
    throw toRefusal(error, "look at the database");
  });
  const progress = new Progress(run.plan.pending, events);
  let error: MigrateError | undefined;
  if (run.plan.pending.length > 0 || run.plan.baseline !== undefined) {
    events.onPlan(run.plan);
    try {
      await execute(session, request, { ...run, progress, notices, folder });
    } catch (cause) {
      const refusal = toRefusal(cause, "record the history");
      if (!(refusal instanceof MigrateError)) throw refusal;
      error = refusal;
    } finally {
      notices.end();
    }
  }
  const { invalid, rows } = run.idle ?? await outcome(session, request, run.table);
  if (error !== undefined && rows !== undefined) progress.reconcile(rows);
  if (error === undefined && rows !== undefined) error = progress.unrecorded(rows);
  return {
    database: describeDatabase(database),
    serverVersion: session.facts.serverVersionText,
    engine: engine.choice,
    revisionsSchema: run.table.schema,
    total: pool.migrations.length,
    before: run.rows.at(-1)?.version,
    after: rows?.at(-1)?.version,
    applied: progress.applied,
    failed: error === undefined ? undefined : progress.failed(error),
    notStarted: error === undefined ? [] : progress.notStarted(error),
    skipped: run.plan.skipped,
    unknown: run.plan.unknown,
    invalidIndexes: invalid,
    elapsedMs: performance.now() - started,
    error: rows === undefined && error !== undefined ? unsettled(error) : error,
  };
}

interface Run extends Preflight {
  readonly progress: Progress;
  readonly notices: Notices;
  /** Under the Atlas engine, where Atlas works. */
  readonly folder: AtlasFolder | undefined;
}

async function execute(session: Session, request: ApplyRequest, run: Run): Promise<void> {
  const { plan, table } = run;
  if (!table.exists) await createRevisions(session, table);
  if (plan.baseline !== undefined) {
    await writeRevision(session, table, baselineRow(plan.baseline, request.operator));
  }
  const { program } = request.engine;
  if (program === undefined || run.folder === undefined) await throughOwn(session, request, run);
  else {
    const patience = patienceOf(request);
    const through = { ...run, folder: run.folder, patience };
    await throughAtlas(session, { ...request, program }, through);
  }
}

async function throughOwn(session: Session, request: ApplyRequest, run: Run): Promise<void> {
  await executeFiles(session, run.plan.pending, {
    table: run.table,
    operator: request.operator,
    signal: request.signal,
    enough: request.enough,
    locks: [LOCKS.own, LOCKS.atlas],
    lockTimeoutMs: request.statementLockTimeoutMs,
    patience: patienceOf(request),
    pipeline: request.pipeline,
    onStart: ({ migration }) => {
      run.progress.start(migration);
      run.notices.start(migration.version);
    },
    onApplied: (applied) => run.progress.finish(applied),
    onRetry: request.events.onRetry,
    onRebuild: request.events.onRebuild,
  });
}

/** Half of what a statement may wait must be enough to see whom it waits for. */
function patienceOf({ patience = PATIENCE, statementLockTimeoutMs }: ApplyRequest): Patience {
  if (statementLockTimeoutMs === 0) return patience;
  return { ...patience, lookMs: Math.min(patience.lookMs, statementLockTimeoutMs / 2) };
}

/** What there is after the run; after a lost connection only once the old session is surely over. */
async function outcome(
  session: Session,
  request: ApplyRequest,
  { schema }: RevisionsTable,
): Promise<
  { readonly rows: readonly Revision[] | undefined; readonly invalid: readonly string[] }
> {
  if (!session.lost) {
    try {
      return await takeSnapshot(session, schema);
    } catch (error) {
      if (!session.lost) throw error;
    }
  }
  const { redact } = request;
  // A new signal: whoever was told to stop still has to say what was done.
  const signal = new AbortController().signal;
  const rows = await settle(session, { patience: patienceOf(request), redact, schema, signal });
  return { rows, invalid: [] };
}

function unsettled(error: MigrateError): MigrateError {
  return error.with({
    message: `${error.message}; what was applied last is not known`,
    hint: "Once the server answers again, see where the database is",
    next: [{ command: "migrate status" }],
    details: [],
  });
}
