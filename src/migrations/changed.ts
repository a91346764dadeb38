import { MigrateError } from "../errors.ts";
import { readDirectives } from "./directives.ts";
import { compareBytes } from "./name.ts";
import type { Migration, Pool } from "./pool.ts";
import { type Revision, REVISION_TYPE } from "./revision.ts";
import { computeSums } from "./sums.ts";

/** How the files on offer stand to those that were applied. */
export interface Comparison {
  /**
   * The first file that is no longer what was applied. Before it may stand files outside a
   * transaction, which have been changed too, or repaired while they were half done.
   */
  readonly changed: readonly Migration[];
  /** Files that cannot be judged, because their hash covers one that has changed or is gone. */
  readonly unverifiable: readonly Migration[];
  /** Rows between our numbers whose file is gone. */
  readonly missing: readonly Revision[];
}

/**
 * Compares the files on offer with the hashes in the history. A hash covers all files before its
 * own as they were in that run: in the merged directory, in the directory of one layer, and without
 * the files that came later with a lower number.
 */
export function compareHistory(pool: Pool, revisions: readonly Revision[]): Comparison {
  const rows = new Map(revisions.map((row) => [row.version, row]));
  const mismatches = pool.migrations.filter((migration) => {
    const row = rows.get(migration.version);
    return row !== undefined && row.hash !== "" && !matches(migration, row, { pool, rows });
  });
  const suspects = mismatches.filter((migration) => !confirmedLater(migration, { pool, rows }));
  const first = suspects.findIndex((migration) =>
    !mayHaveBeenRepaired(migration.text) && !isBehindGone(migration, { pool, rows })
  );
  return {
    changed: suspects.slice(0, first + 1),
    unverifiable: suspects.slice(first + 1),
    missing: missingRows(pool, revisions),
  };
}

/**
 * Refuses to go on when an applied file has changed or is gone.
 *
 * @throws {MigrateError} `migration_changed` with the files.
 */
export function refuseChanged({ changed, missing, unverifiable }: Comparison): void {
  if (changed.length === 0 && missing.length === 0) return;
  const details = [
    ...changed.map(({ path }) => `${path}: not what was applied`),
    ...missing.map((row) => `${row.version}_${row.description}: applied, and gone from the files`),
    ...(unverifiable.length === 0
      ? []
      : [`cannot be judged behind it: ${unverifiable.map(({ version }) => version).join(", ")}`]),
  ];
  const [file] = changed;
  const [gone] = missing;
  throw new MigrateError(
    "migration_changed",
    file === undefined
      ? `Cannot go on: "${gone?.version}_${gone?.description}" was applied and is gone from the files`
      : `Cannot go on: ${
        changed.map(({ file }) => `"${file}"`).join(" or ")
      } has changed since it was applied`,
    {
      details,
      hint:
        "Restore the files as they were applied and put the change into a new migration; to go on all the same, use --allow-changed",
      data: {
        changed: changed.map(({ path }) => path),
        missing: missing.map(({ version }) => version),
        unverifiable: unverifiable.map(({ path }) => path),
      },
    },
  );
}

interface History {
  readonly pool: Pool;
  readonly rows: ReadonlyMap<string, Revision>;
}

function matches(migration: Migration, row: Revision, history: History): boolean {
  if (row.hash === migration.hash || row.hash === migration.layerHash) return true;
  const known = history.pool.migrations.filter((other) => {
    const own = history.rows.get(other.version);
    return own !== undefined && compareBytes(other.file, migration.file) <= 0 &&
      !isAfter(own, row);
  });
  return row.hash === lastHash(known) ||
    row.hash === lastHash(known.filter(({ layer }) => layer === migration.layer));
}

function lastHash(files: readonly Migration[]): string | undefined {
  return computeSums(files.map(({ file, text }) => ({ name: file, text }))).entries.at(-1)?.hash;
}

function isAfter(a: Revision, b: Revision): boolean {
  return a.executedAt === b.executedAt
    ? compareBytes(a.version, b.version) > 0
    : a.executedAt > b.executedAt;
}

/**
 * Whether a later row, whose hash covers this file, matches: then the file is what it was at that
 * time, and was changed before, as a half-done file is when it is repaired.
 */
function confirmedLater(migration: Migration, history: History): boolean {
  const row = history.rows.get(migration.version);
  return row !== undefined && history.pool.migrations.some((later) => {
    const other = history.rows.get(later.version);
    if (other === undefined || compareBytes(later.file, migration.file) <= 0) return false;
    return isAfter(other, row) && (other.hash === later.hash ||
      (later.layer === migration.layer && other.hash === later.layerHash));
  });
}

/** Only a file outside a transaction leaves a half-done row, whose hash stays that of the first try. */
function mayHaveBeenRepaired(text: string): boolean {
  return readDirectives(text).txMode.includes("none");
}

/** Whether a file that the hash of this one may cover is not on offer any more. */
function isBehindGone(migration: Migration, { pool, rows }: History): boolean {
  const row = rows.get(migration.version);
  return row !== undefined &&
    [...rows.values()].some((other) =>
      compareBytes(other.version, row.version) < 0 && !isAfter(other, row) &&
      !pool.migrations.some(({ version }) => version === other.version)
    );
}

function missingRows(pool: Pool, revisions: readonly Revision[]): readonly Revision[] {
  const known = new Set(pool.migrations.map(({ version }) => version));
  const newest = pool.migrations.at(-1)?.version;
  const squashed = pool.migrations.findLast(({ checkpoint }) => checkpoint)?.version;
  return revisions.filter(({ type, version }) =>
    !known.has(version) && type !== REVISION_TYPE.baseline &&
    newest !== undefined && compareBytes(version, newest) < 0 &&
    (squashed === undefined || compareBytes(version, squashed) > 0)
  );
}
