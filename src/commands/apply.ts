import { applyThroughAtlas, Atlas, AtlasFolder, type AtlasProgram } from "../atlas/mod.ts";
import type { Database } from "../database.ts";
import { describeDatabase, toPostgresUrl } from "../dsn.ts";
import { MigrateError } from "../errors.ts";
import { nameOf } from "../failure.ts";
import {
  compareBytes,
  compareHistory,
  type ExecOrder,
  type Migration,
  type Plan,
  planApply,
  type Pool,
  refuseChanged,
  type Revision,
  REVISION_TYPE,
  splitStatements,
  type TxMode,
} from "../migrations/mod.ts";
import {
  checkClean,
  createRevisions,
  executeFiles,
  findRevisions,
  LOCKS,
  readRevisions,
  type RevisionsTable,
  type ServerFields,
  Session,
  settle,
  takeLock,
  toRefusal,
  writeRevision,
} from "../postgres/mod.ts";
import type { AppliedMigration, ApplyReport } from "../report.ts";
import type { Engine } from "./engine.ts";
import { Progress } from "./progress.ts";

/** Everything that `migrate apply` needs to know. */
export interface ApplyRequest {
  readonly database: Database;
  readonly pool: Pool;
  readonly engine: Engine;
  readonly revisionsSchema: string | undefined;
  readonly lockTimeoutMs: number;
  readonly execOrder: ExecOrder;
  readonly txMode: TxMode;
  readonly baseline: string | undefined;
  readonly allowDirty: boolean;
  /** Whether to go on although an applied file has changed. */
  readonly allowChanged: boolean;
  /** At most how many files to apply. */
  readonly amount: number | undefined;
  /** Who we are in the history, as `hotpot-migrate 0.1.0`. */
  readonly operator: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
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
}

/**
 * Applies what is pending, in the one order of all layers, under our lock. What stops the run
 * half-way stands in the report, together with how far it came.
 *
 * @throws {MigrateError} when nothing was begun: the codes of `Session.open`, `takeLock`,
 * `findRevisions` and `planApply`, `read_only_database`, `permission_denied`, `temporary_folder`.
 */
export async function apply(request: ApplyRequest): Promise<ApplyReport> {
  const started = performance.now();
  const { database, engine, events, pool, redact, signal } = request;
  // Where there is nothing to put Atlas' files, the database is left alone.
  await using folder = engine.program === undefined ? undefined : await AtlasFolder.create();
  await using session = await Session.open(database, {
    signal,
    redact,
    onNotice: events.onNotice,
  });
  const run = await preflight(session, request).catch((error) => {
    throw toRefusal(error, "look at the database");
  });
  const progress = new Progress(run.plan.pending, events);
  let error: MigrateError | undefined;
  if (run.plan.pending.length > 0 || run.plan.baseline !== undefined) {
    events.onPlan(run.plan);
    try {
      await execute(session, request, { ...run, progress, folder });
    } catch (cause) {
      const refusal = toRefusal(cause, "record the history");
      if (!(refusal instanceof MigrateError)) throw refusal;
      error = refusal;
    }
  }
  const rows = await history(session, request, run.table);
  if (error !== undefined && rows !== undefined) progress.reconcile(rows);
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
    elapsedMs: performance.now() - started,
    error: rows === undefined && error !== undefined ? unsettled(error) : error,
  };
}

/** What is known once the pre-flight is over. */
interface Preflight {
  readonly table: RevisionsTable;
  readonly rows: readonly Revision[];
  readonly plan: Plan;
  /** When the time for locks is over, in milliseconds of `performance.now()`. */
  readonly deadline: number;
}

/** Everything that protects the database, whichever engine works afterwards. */
async function preflight(session: Session, request: ApplyRequest): Promise<Preflight> {
  refuseReadOnly(session);
  const deadline = performance.now() + request.lockTimeoutMs;
  const lock = {
    deadline,
    timeoutMs: request.lockTimeoutMs,
    signal: request.signal,
    onWait: request.events.onWait,
  };
  await takeLock(session, LOCKS.own, lock);
  // Under the Atlas engine Atlas takes its own lock, in its own session.
  if (request.engine.program === undefined) await takeLock(session, LOCKS.atlas, lock);
  const table = await findRevisions(session, request.revisionsSchema);
  const rows = await readRevisions(session, table);
  if (!request.allowChanged) refuseChanged(compareHistory(request.pool, rows));
  const plan = planApply(request.pool, rows, {
    execOrder: request.execOrder,
    txMode: request.txMode,
    allowDirty: request.allowDirty,
    clean: rows.length > 0 ? true : await checkClean(session, table),
    ...(request.baseline === undefined ? {} : { baseline: request.baseline }),
    ...(request.amount === undefined ? {} : { amount: request.amount }),
  });
  return { table, rows, plan, deadline };
}

function refuseReadOnly(session: Session): void {
  const { inRecovery, readOnly, database } = session.facts;
  if (!inRecovery && !readOnly) return;
  throw new MigrateError(
    "read_only_database",
    `Cannot migrate "${database}": ${
      inRecovery ? "the server is a read-only replica" : "its transactions are read-only"
    }`,
    {
      hint: inRecovery
        ? "Set database.host to the primary"
        : "Reset default_transaction_read_only for this role or database",
    },
  );
}

interface Run extends Preflight {
  readonly progress: Progress;
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
  else await throughAtlas(session, { ...request, program }, { ...run, folder: run.folder });
}

async function throughOwn(session: Session, request: ApplyRequest, run: Run): Promise<void> {
  await executeFiles(session, run.plan.pending, {
    table: run.table,
    operator: request.operator,
    signal: request.signal,
    locks: [LOCKS.own, LOCKS.atlas],
    onStart: (file) => run.progress.start(file.migration),
    onApplied: (applied) => run.progress.finish(applied),
  });
}

async function throughAtlas(
  session: Session,
  request: ApplyRequest & { readonly program: AtlasProgram },
  run: Run & { readonly folder: AtlasFolder },
): Promise<void> {
  const { env, program, redact, signal } = request;
  const { folder } = run;
  refuseUnseen(run);
  await folder.fill(request.pool);
  const [first] = run.plan.pending;
  if (first?.previous !== undefined) {
    // Atlas leaves the number of the first attempt, and would call the finished file partial.
    const total = countStatements(first.migration);
    await writeRevision(session, run.table, { ...first.previous, total });
  }
  await applyThroughAtlas(new Atlas(program, { env, signal, redact, folder }), run.plan.pending, {
    config: {
      url: toPostgresUrl(session.database),
      folder: folder.migrations,
      revisionsSchema: run.table.schema,
      lockTimeoutMs: Math.max(0, Math.ceil(run.deadline - performance.now())),
    },
    execOrder: request.execOrder,
    onApplied: (applied) => run.progress.finish(applied),
  });
}

/** Atlas looks only at files above the oldest row, so it would pass over these and say nothing. */
function refuseUnseen({ plan, rows }: Preflight): void {
  const oldest = rows[0]?.version;
  const unseen = plan.pending.map(({ migration }) => migration).filter(({ version }) =>
    oldest !== undefined && compareBytes(version, oldest) < 0
  );
  if (unseen.length === 0) return;
  throw new MigrateError(
    "not_supported",
    `Cannot apply ${
      unseen.map(nameOf).join(", ")
    } through Atlas: it never looks below ${oldest}, the oldest entry of the history`,
    { hint: "Run again with --engine embedded", data: { files: unseen.map(({ path }) => path) } },
  );
}

function countStatements(migration: Migration): number {
  return splitStatements(migration.text, { file: migration.path }).length;
}

/** The row that says "everything up to here is in the database already" (Atlas' `RevisionTypeBaseline`). */
function baselineRow(migration: Migration, operator: string): Revision {
  return {
    version: migration.version,
    description: migration.description,
    type: REVISION_TYPE.baseline,
    applied: 0,
    total: 0,
    executedAt: new Date().toISOString(),
    executionTimeNs: "0",
    error: "",
    errorStatement: "",
    hash: "",
    partialHashes: [],
    operatorVersion: operator,
  };
}

/** The history after the run; after a lost connection only once the old session is surely over. */
async function history(
  session: Session,
  request: ApplyRequest,
  table: RevisionsTable,
): Promise<readonly Revision[] | undefined> {
  const { redact } = request;
  if (session.lost) {
    // A new signal: whoever was told to stop still has to say what was done.
    return await settle(session, table.schema, { redact, signal: new AbortController().signal });
  }
  return await readRevisions(session, await findRevisions(session, table.schema));
}

function unsettled(error: MigrateError): MigrateError {
  return new MigrateError(error.code, `${error.message}; what was applied last is not known`, {
    hint: "Once the server answers again, run: migrate status",
    data: error.data,
    cause: error,
  });
}
