import type { Migration } from "./pool.ts";

/** One row of Atlas' revisions table: what the database knows of one migration. */
export interface Revision {
  readonly version: string;
  readonly description: string;
  /** Bits of `REVISION_TYPE`. */
  readonly type: number;
  /** How many statements are done. */
  readonly applied: number;
  /** How many there are. A row is partial exactly if the two differ. */
  readonly total: number;
  /** When the first execution began, as an ISO time in UTC. */
  readonly executedAt: string;
  /** Nanoseconds, as a decimal number. */
  readonly executionTimeNs: string;
  readonly error: string;
  readonly errorStatement: string;
  /** The file's entry in the sums of its directory at that time, without `h1:`. */
  readonly hash: string;
  /** The hash after each statement done, while the file is partial. */
  readonly partialHashes: readonly string[];
  readonly operatorVersion: string;
}

/** The bits of a revision's type (Atlas' `sql/migrate`, `RevisionType`). */
export const REVISION_TYPE = { baseline: 1, executed: 2, resolved: 4 } as const;

/** The row that says "everything up to here is in the database already" (Atlas' `RevisionTypeBaseline`). */
export function baselineRow(migration: Migration, operator: string): Revision {
  return rowByHand(migration, { operator, type: REVISION_TYPE.baseline, hash: "" });
}

/** The row of a file that was applied by hand, as Atlas' `migrate set` writes it. */
export function resolvedRow(migration: Migration, operator: string): Revision {
  return rowByHand(migration, { operator, type: REVISION_TYPE.resolved, hash: migration.hash });
}

function rowByHand(
  { description, version }: Migration,
  row: { readonly operator: string; readonly type: number; readonly hash: string },
): Revision {
  return {
    version,
    description,
    type: row.type,
    applied: 0,
    total: 0,
    executedAt: new Date().toISOString(),
    executionTimeNs: "0",
    error: "",
    errorStatement: "",
    hash: row.hash,
    partialHashes: [],
    operatorVersion: row.operator,
  };
}

/** Whether a file was begun and not finished. */
export function isPartial(revision: Revision): boolean {
  return revision.applied !== revision.total;
}

/** How a row came to be. */
export function kindOf({ type }: Revision): "executed" | "manually_set" | "baseline" {
  if (type === REVISION_TYPE.baseline) return "baseline";
  return (type & REVISION_TYPE.resolved) === 0 ? "executed" : "manually_set";
}
