import { compareHistory } from "./changed.ts";
import { compareBytes } from "./name.ts";
import { coverage } from "./plan.ts";
import type { Migration, Pool } from "./pool.ts";
import { isPartial, type Revision, REVISION_TYPE } from "./revision.ts";

/** How one version stands, with a sentence for people; those marked differ from what they should be. */
export const STATES = {
  applied: { differs: false, says: "applied" },
  covered: { differs: false, says: "covered by a baseline or a checkpoint" },
  unverifiable: { differs: false, says: "applied; cannot be compared with its file" },
  pending: { differs: true, says: "pending" },
  out_of_order: { differs: true, says: "never applied, and the database is past it" },
  failed: { differs: true, says: "half done" },
  changed: { differs: true, says: "its file has changed since it was applied" },
  missing: { differs: true, says: "applied, and its file is gone" },
  unknown: { differs: true, says: "applied, and newer than this program" },
} as const;
export type State = keyof typeof STATES;

/** A version, its file if it is on offer, its row if the database has one, and how the two agree. */
export interface FileState {
  readonly version: string;
  readonly state: State;
  readonly migration: Migration | undefined;
  readonly row: Revision | undefined;
}

/**
 * How every version stands that is on offer or in the history, in the order of the versions. The
 * files are compared with the hashes in the history as by `refuseChanged`, and what is pending is
 * decided by sets as by `planApply`, so that this says beforehand what `apply` would say.
 */
export function statesOf(pool: Pool, revisions: readonly Revision[]): readonly FileState[] {
  const rows = new Map(revisions.map((row) => [row.version, row]));
  const files = new Map(pool.migrations.map((migration) => [migration.version, migration]));
  const comparison = compareHistory(pool, revisions);
  const changed = new Set(comparison.changed.map(({ version }) => version));
  const unverifiable = new Set(comparison.unverifiable.map(({ version }) => version));
  const missing = new Set(comparison.missing.map(({ version }) => version));
  const covered = coverage(pool, rows);
  const newest = [...rows.keys()].sort(compareBytes).at(-1);
  const start = rows.size > 0 ? 0 : pool.migrations.findLastIndex(({ checkpoint }) => checkpoint);
  const begin = pool.migrations[Math.max(0, start)];

  const judge = (version: string): State => {
    const row = rows.get(version);
    const migration = files.get(version);
    if (row !== undefined) {
      if (isPartial(row)) return "failed";
      if (missing.has(version)) return "missing";
      // A baseline may name what was squashed long ago.
      if (migration === undefined) {
        return row.type === REVISION_TYPE.baseline ? "covered" : "unknown";
      }
      if (changed.has(version)) return "changed";
      return unverifiable.has(version) ? "unverifiable" : "applied";
    }
    if (migration === undefined) return "unknown";
    if (newest === undefined) {
      return begin !== undefined && compareBytes(migration.file, begin.file) < 0
        ? "covered"
        : "pending";
    }
    if (covered(migration) || migration.checkpoint) return "covered";
    return compareBytes(version, newest) < 0 ? "out_of_order" : "pending";
  };
  return [...new Set([...files.keys(), ...rows.keys()])].sort(compareBytes).map((version) => ({
    version,
    state: judge(version),
    migration: files.get(version),
    row: rows.get(version),
  }));
}

/** The layer of a version, or `none` where its file is not on offer or stands in no layer. */
export function layerOf({ migration }: FileState): string {
  return migration?.layer ?? "none";
}
