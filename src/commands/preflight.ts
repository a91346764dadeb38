import { MigrateError } from "../errors.ts";
import {
  compareHistory,
  type Plan,
  planApply,
  refuseChanged,
  type Revision,
} from "../migrations/mod.ts";
import {
  boundLockWaits,
  checkClean,
  readSnapshot,
  refuseUnfit,
  type RevisionsTable,
  type Session,
  type Snapshot,
  takeSnapshot,
  tryRunLocks,
} from "../postgres/mod.ts";
import type { ApplyRequest } from "./apply.ts";
import type { View } from "./look.ts";
import { takeRunLocks } from "./run_locks.ts";

/** What is known once the pre-flight is over. */
export interface Preflight {
  readonly table: RevisionsTable;
  readonly rows: readonly Revision[];
  readonly plan: Plan;
  /** When the time for locks is over, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** The database as it is, where there is nothing to do and no lock was taken. */
  readonly idle?: Snapshot;
}

/**
 * Everything that protects the database, whichever engine works afterwards. Takes both locks, so
 * that nobody else works on what the plan was made from, unless there is nothing to do.
 *
 * @throws {MigrateError} the codes of `refuseUnfit`, `takeLock`, `takeSnapshot`, `refuseChanged`
 * and `planApply`; those of `Pool.verify`.
 */
export async function preflight(session: Session, request: ApplyRequest): Promise<Preflight> {
  await refuseUnfit(session, request);
  const idle = await findIdle(session, request);
  if (idle !== undefined) return idle;
  request.pool.verify?.();
  const { lockTimeoutMs, revisionsSchema, signal } = request;
  const { onWait } = request.events;
  const [, taken, early] = await Promise.all([
    boundLockWaits(session, request.statementLockTimeoutMs),
    tryRunLocks(session),
    // Only what is read under both locks counts.
    takeSnapshot(session, revisionsSchema).catch((error: unknown) => ({ error })),
  ]);
  const deadline = await takeRunLocks(session, { lockTimeoutMs, signal, onWait, taken });
  const snapshot = taken.own && taken.atlas ? early : await takeSnapshot(session, revisionsSchema);
  if ("error" in snapshot) throw snapshot.error;
  const { rows, table } = snapshot;
  const plan = await decide(request, { session, table, rows });
  return { table, rows, plan, deadline };
}

/**
 * Whether there is nothing to do, by what was seen when the session began. One snapshot in which all
 * files are in needs no lock: whoever else is at work has nothing left of them to change. Anything
 * else, refusals among it, is decided under the locks, when nobody is at work.
 */
async function findIdle(
  session: Session,
  request: ApplyRequest,
): Promise<Preflight | undefined> {
  if (session.seen === undefined) return undefined;
  try {
    const idle = readSnapshot(session.seen, request.revisionsSchema);
    const { rows, table } = idle;
    if (rows.length === 0) return undefined;
    const plan = await decide(request, { session, table, rows });
    if (plan.pending.length > 0 || plan.baseline !== undefined) return undefined;
    return { table, rows, plan, deadline: performance.now(), idle };
  } catch (error) {
    if (error instanceof MigrateError) return undefined;
    throw error;
  }
}

/** What a decision depends on besides the history. */
export type DecideRequest = Pick<
  ApplyRequest,
  | "allowChanged"
  | "allowDirty"
  | "pool"
  | "execOrder"
  | "txMode"
  | "baseline"
  | "amount"
>;

/**
 * Decides what is pending, by what the history says; writes nothing.
 *
 * @throws {MigrateError} the codes of `refuseChanged` and `planApply`.
 */
export async function decide(
  request: DecideRequest,
  { rows, session, table }: View,
): Promise<Plan> {
  if (!request.allowChanged) refuseChanged(compareHistory(request.pool, rows));
  return planApply(request.pool, rows, {
    execOrder: request.execOrder,
    txMode: request.txMode,
    allowDirty: request.allowDirty,
    clean: rows.length > 0 ? true : await checkClean(session, table),
    ...(request.baseline === undefined ? {} : { baseline: request.baseline }),
    ...(request.amount === undefined ? {} : { amount: request.amount }),
  });
}
