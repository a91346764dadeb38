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
  readRevisions,
  refuseUnfit,
  type RevisionsTable,
  type Session,
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
  const { lockTimeoutMs, revisionsSchema, signal } = request;
  const { onWait } = request.events;
  const deadline = await takeRunLocks(session, { lockTimeoutMs, signal, onWait });
  const table = await findRevisions(session, revisionsSchema);
  const rows = await readRevisions(session, table);
  const plan = await decide(request, { session, table, rows });
  return { table, rows, plan, deadline };
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
