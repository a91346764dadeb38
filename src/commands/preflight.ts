import { findOrphans } from "../atlas/mod.ts";
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
  findRevisions,
  LOCKS,
  readRevisions,
  refuseUnfit,
  type RevisionsTable,
  type Session,
  takeLock,
} from "../postgres/mod.ts";
import type { ApplyRequest } from "./apply.ts";

/** What is known once the pre-flight is over. */
export interface Preflight {
  readonly table: RevisionsTable;
  readonly rows: readonly Revision[];
  readonly plan: Plan;
  /** When the time for locks is over, in milliseconds of `performance.now()`. */
  readonly deadline: number;
}

/**
 * Everything that protects the database, whichever engine works afterwards. Takes both locks, so
 * that nobody else works on what the plan was made from.
 *
 * @throws {MigrateError} the codes of `refuseUnfit`, `takeLock`, `findRevisions`, `refuseChanged`
 * and `planApply`.
 */
export async function preflight(session: Session, request: ApplyRequest): Promise<Preflight> {
  await refuseUnfit(session, request);
  await boundLockWaits(session, request.statementLockTimeoutMs);
  const deadline = performance.now() + request.lockTimeoutMs;
  const lock = {
    deadline,
    timeoutMs: request.lockTimeoutMs,
    signal: request.signal,
    onWait: request.events.onWait,
  };
  await takeLock(session, LOCKS.own, lock);
  await takeLock(session, LOCKS.atlas, { ...lock, about: describeOrphans });
  return { ...await decide(session, request), deadline };
}

/** What a decision depends on besides the session. */
export type DecideRequest = Pick<
  ApplyRequest,
  | "revisionsSchema"
  | "allowChanged"
  | "allowDirty"
  | "pool"
  | "execOrder"
  | "txMode"
  | "baseline"
  | "amount"
>;

/**
 * Reads the history and decides what is pending; writes nothing.
 *
 * @throws {MigrateError} the codes of `findRevisions`, `refuseChanged` and `planApply`.
 */
export async function decide(
  session: Session,
  request: DecideRequest,
): Promise<Omit<Preflight, "deadline">> {
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
  return { table, rows, plan };
}

/** Who may hold Atlas' lock although no run is to be seen. */
async function describeOrphans(): Promise<string> {
  const pids = await findOrphans();
  if (pids.length === 0) return "";
  return `; Atlas of a run that was killed still works here (process ${pids.join(", ")})`;
}
