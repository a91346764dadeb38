import { MigrateError } from "../errors.ts";
import { compareBytes } from "./name.ts";
import type { Migration, Pool } from "./pool.ts";
import { isPartial, type Revision, REVISION_TYPE } from "./revision.ts";
import { SumChain } from "./sum_chain.ts";
import type { SourceFile } from "./sums.ts";

/** How the files on offer stand to those that were applied. */
export interface Comparison {
  /**
   * The first file that is no longer what was applied. Before it may stand files outside a
   * transaction, which have been changed too, or repaired while they were half done.
   */
  readonly changed: readonly Migration[];
  /**
   * Whether it may be another that has changed or is gone: the hash also covers files below that
   * have no row, as those that a baseline or a checkpoint stands for.
   */
  readonly orBelow: boolean;
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
  const history = historyOf(pool, revisions);
  const mismatches = history.applied.filter((entry) =>
    // Of a half-done file the rest may be repaired, and what was executed has hashes of its own.
    entry.row.hash !== "" && !isPartial(entry.row) && !matches(entry, history)
  );
  const suspects = mismatches.filter((entry) => !confirmedLater(entry, history));
  const first = suspects.findIndex((entry) =>
    !mayHaveBeenRepaired(entry.migration) && !isBehindGone(entry, history)
  );
  const migrations = suspects.map(({ migration }) => migration);
  const found = suspects[first];
  return {
    changed: migrations.slice(0, first + 1),
    orBelow: found !== undefined && isInDoubt(found, { pool, revisions, history }),
    unverifiable: migrations.slice(first + 1),
    missing: missingRows(pool, revisions),
  };
}

/**
 * Refuses to go on when an applied file has changed or is gone.
 *
 * @throws {MigrateError} `migration_changed` with the files.
 */
export function refuseChanged({ changed, missing, orBelow, unverifiable }: Comparison): void {
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
      : `Cannot go on: ${changed.map(({ file }) => `"${file}"`).join(" or ")}${
        orBelow ? ", or a file below it that was never executed here," : ""
      } has changed since it was applied`,
    {
      details,
      hint: "Restore the files as they were applied, and put the change into a new migration",
      next: [
        { command: "migrate verify", when: "all that differs" },
        { command: "migrate --allow-changed", when: "go on all the same" },
      ],
      data: {
        changed: changed.map(({ path }) => path),
        missing: missing.map(({ version }) => version),
        unverifiable: unverifiable.map(({ path }) => path),
      },
    },
  );
}

interface History {
  /** The files on offer that have a row, in order. */
  readonly applied: readonly Applied[];
  /** Rows whose file is not on offer. */
  readonly gone: readonly Revision[];
  readonly merged: SumChain;
  readonly layers: ReadonlyMap<string | undefined, SumChain>;
  /** The files that were hashed again; always the same for a migration, as a chain wants it. */
  readonly sources: Map<Migration, SourceFile>;
}

interface Applied {
  readonly migration: Migration;
  readonly row: Revision;
}

function historyOf(pool: Pool, revisions: readonly Revision[]): History {
  const rows = new Map(revisions.map((row) => [row.version, row]));
  const applied = pool.migrations.flatMap((migration): readonly Applied[] => {
    const row = rows.get(migration.version);
    return row === undefined ? [] : [{ migration, row }];
  });
  const known = new Set(applied.map(({ row }) => row));
  return {
    applied,
    gone: revisions.filter((row) => !known.has(row)),
    merged: new SumChain(),
    layers: new Map(pool.migrations.map(({ layer }) => [layer, new SumChain()])),
    sources: new Map(),
  };
}

/** The file of a migration. */
function sourceOf(migration: Migration, { sources }: History): SourceFile {
  const found = sources.get(migration);
  if (found !== undefined) return found;
  const source = {
    name: migration.file,
    get text() {
      return migration.text;
    },
    texts: migration.texts,
  };
  sources.set(migration, source);
  return source;
}

function matches({ migration, row }: Applied, history: History): boolean {
  if (row.hash === migration.hash || row.hash === migration.layerHash) return true;
  const known = history.applied.filter((other) =>
    compareBytes(other.migration.file, migration.file) <= 0 && !isAfter(other.row, row)
  );
  const sources = (files: readonly Applied[]) =>
    files.map(({ migration }) => sourceOf(migration, history));
  return row.hash === history.merged.hashOf(sources(known)) ||
    row.hash === history.layers.get(migration.layer)?.hashOf(
        sources(known.filter((other) => other.migration.layer === migration.layer)),
      );
}

function isAfter(a: Revision, b: Revision): boolean {
  return a.executedAt === b.executedAt
    ? compareBytes(a.version, b.version) > 0
    : a.executedAt > b.executedAt;
}

/**
 * Whether a hash may differ because of what was never executed here. What a matching hash covers
 * has not changed, so only what stands between that one and this one counts.
 */
function isInDoubt(
  { migration, row }: Applied,
  { history, pool, revisions }: {
    readonly history: History;
    readonly pool: Pool;
    readonly revisions: readonly Revision[];
  },
): boolean {
  const sound = history.applied.findLast((other) =>
    compareBytes(other.migration.file, migration.file) < 0 && other.row.hash !== "" &&
    matches(other, history)
  );
  const rows = new Set(revisions.map(({ version }) => version));
  const above = sound?.migration.file ?? "";
  const unexecuted = pool.migrations.some(({ file, version }) =>
    !rows.has(version) && compareBytes(file, above) > 0 && compareBytes(file, migration.file) < 0
  );
  if (unexecuted || sound !== undefined) return unexecuted;
  // Files that a squash has replaced are gone without a trace.
  return revisions.some(({ type, version }) =>
    type === REVISION_TYPE.baseline && compareBytes(version, row.version) < 0
  ) || history.applied.some(({ migration }) =>
    migration.checkpoint && migration.version === revisions[0]?.version
  );
}

/**
 * Whether a later row, whose hash covers this file, matches: then the file is what it was at that
 * time, and was changed before, as a half-done file is when it is repaired.
 */
function confirmedLater({ migration, row }: Applied, history: History): boolean {
  return history.applied.some(({ migration: later, row: other }) =>
    compareBytes(later.file, migration.file) > 0 && isAfter(other, row) &&
    (other.hash === later.hash ||
      (later.layer === migration.layer && other.hash === later.layerHash))
  );
}

/** Only a file outside a transaction leaves a half-done row, whose hash stays that of the first try. */
function mayHaveBeenRepaired({ directives }: Migration): boolean {
  return directives.txMode.includes("none");
}

/** Whether a file that the hash of this one may cover is not on offer any more. */
function isBehindGone({ row }: Applied, history: History): boolean {
  return history.gone.some((other) =>
    compareBytes(other.version, row.version) < 0 && !isAfter(other, row)
  );
}

function missingRows(pool: Pool, revisions: readonly Revision[]): readonly Revision[] {
  const known = new Set(pool.migrations.map(({ version }) => version));
  const newest = pool.migrations.at(-1)?.version;
  // What was only begun was not applied: the plan refuses that by its own name.
  const missing = revisions.filter((row) =>
    !known.has(row.version) && row.type !== REVISION_TYPE.baseline && !isPartial(row) &&
    newest !== undefined && compareBytes(row.version, newest) < 0
  );
  if (missing.length === 0) return [];
  const squashed = pool.migrations.findLast(({ checkpoint }) => checkpoint)?.version;
  return missing.filter(({ version }) =>
    squashed === undefined || compareBytes(version, squashed) > 0
  );
}
