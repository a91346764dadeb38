import { MigrateError } from "../errors.ts";
import { compareBytes } from "./name.ts";
import { outOfOrder, partialInMiddle, resolveSteps } from "./order_faults.ts";
import type { Migration, Pool } from "./pool.ts";
import { isPartial, type Revision, REVISION_TYPE } from "./revision.ts";
import { type TxMode, txModeOf } from "./tx_mode.ts";

/** What to do with files below the newest applied one that were never applied. */
export const EXEC_ORDERS = ["linear", "linear-skip", "non-linear"] as const;
export type ExecOrder = (typeof EXEC_ORDERS)[number];

/** What a plan depends on besides files and history. */
export interface PlanOptions {
  readonly execOrder: ExecOrder;
  readonly txMode: TxMode;
  /** The version up to which a database without history is taken over. */
  readonly baseline?: string;
  readonly allowDirty: boolean;
  /** At most how many files. */
  readonly amount?: number;
  /** Whether a database without history is clean; if not, what was found. */
  readonly clean: true | string;
}

/** A file to be executed. */
export interface PlannedFile {
  readonly migration: Migration;
  readonly txMode: TxMode;
  /** How many of its statements an earlier run has executed. */
  readonly resumeFrom: number;
  /** The row of that earlier run. */
  readonly previous?: Revision;
  /** Why it must not be executed: whoever comes to it throws this, once what is before it is in. */
  readonly fault?: MigrateError;
}

/** What is to be done, in order. */
export interface Plan {
  readonly pending: readonly PlannedFile[];
  /** The file to be recorded as the baseline before. */
  readonly baseline: Migration | undefined;
  /** Files below the newest that `linear-skip` leaves out. */
  readonly skipped: readonly Migration[];
  /** Versions in the database that are not on offer here. */
  readonly unknown: readonly string[];
}

/**
 * Decides what is pending by comparing sets: a file without a row is pending, or out of order when
 * the database is past it, unless a baseline or a checkpoint covers it. Atlas compares with the
 * newest row alone and never looks at files older than its first one, which loses files where
 * layers were migrated one by one.
 *
 * @throws {MigrateError} `out_of_order`, `database_not_clean`, `baseline_not_found`,
 * `missing_migration`, `partial_in_middle`, `txmode_invalid`, `usage` where it is told two things
 * about a database that is not empty.
 */
export function planApply(
  pool: Pool,
  revisions: readonly Revision[],
  options: PlanOptions,
): Plan {
  if (options.baseline !== undefined && options.allowDirty) throw baselineAndDirty();
  const rows = new Map(revisions.map((row) => [row.version, row]));
  const known = new Set(pool.migrations.map(({ version }) => version));
  const unknown = revisions.map(({ version }) => version).filter((version) => !known.has(version));
  const chosen = revisions.length === 0 ? first(pool, options) : next(pool, { rows, options });
  const files = chosen.files.slice(0, options.amount).map((migration, index): PlannedFile => {
    const previous = rows.get(migration.version);
    return {
      migration,
      ...modeOrFault(migration, {
        global: options.txMode,
        first: chosen.baseline === undefined && (index === 0 || options.txMode === "all"),
      }),
      resumeFrom: previous?.applied ?? 0,
      ...(previous === undefined ? {} : { previous }),
    };
  });
  return { pending: files, baseline: chosen.baseline, skipped: chosen.skipped, unknown };
}

/** A wrong directive stops the run where its file is due, as under Atlas; at once if nothing is done before. */
function modeOrFault(
  migration: Migration,
  { first, global }: { readonly global: TxMode; readonly first: boolean },
): Pick<PlannedFile, "txMode" | "fault"> {
  try {
    return { txMode: txModeOf(migration, global) };
  } catch (fault) {
    if (first || !(fault instanceof MigrateError)) throw fault;
    return { txMode: global, fault };
  }
}

interface Choice {
  readonly files: readonly Migration[];
  readonly baseline: Migration | undefined;
  readonly skipped: readonly Migration[];
}

/** A database without history: from the baseline, from the last checkpoint, or from the start. */
function first(pool: Pool, options: PlanOptions): Choice {
  const { migrations } = pool;
  if (options.baseline !== undefined) {
    const plain = migrations.filter(({ checkpoint }) => !checkpoint);
    const index = plain.findIndex(({ version }) => version === options.baseline);
    const baseline = plain[index];
    if (baseline === undefined) throw baselineNotFound(options.baseline);
    return { files: plain.slice(index + 1), baseline, skipped: [] };
  }
  if (options.clean !== true && !options.allowDirty) throw notClean(options.clean);
  const checkpoint = migrations.findLastIndex((migration) => migration.checkpoint);
  return { files: migrations.slice(Math.max(0, checkpoint)), baseline: undefined, skipped: [] };
}

/** A database with history: the file it stopped in, then what it does not have. */
function next(
  pool: Pool,
  state: { readonly rows: ReadonlyMap<string, Revision>; readonly options: PlanOptions },
): Choice {
  const { rows, options } = state;
  const newest = [...rows.keys()].sort(compareBytes).at(-1) ?? "";
  refusePartials(pool, { rows, newest });
  const missing = pool.migrations.filter(({ version }) => !rows.has(version));
  const covered = missing.length === 0 ? () => false : coverage(pool, rows);
  const without = missing.filter((migration) => !covered(migration) && !migration.checkpoint);
  const late = without.filter(({ version }) => compareBytes(version, newest) < 0);
  const ahead = without.filter(({ version }) => compareBytes(version, newest) > 0);
  const partial = pool.migrations.filter(({ version }) => {
    const row = rows.get(version);
    return row !== undefined && isPartial(row);
  });
  if (late.length > 0 && options.execOrder === "linear") throw outOfOrder(late, newest);
  const skip = options.execOrder === "linear-skip";
  return {
    files: [...(skip ? [] : late), ...partial, ...ahead],
    baseline: undefined,
    skipped: skip ? late : [],
  };
}

/** A half-done file must be on offer, and must be the last thing that happened. */
function refusePartials(
  pool: Pool,
  state: { readonly rows: ReadonlyMap<string, Revision>; readonly newest: string },
): void {
  for (const row of state.rows.values()) {
    if (!isPartial(row)) continue;
    if (!pool.migrations.some(({ version }) => version === row.version)) {
      throw new MigrateError(
        "missing_migration",
        `Cannot go on: "${row.version}_${row.description}" was begun, and is not on offer here`,
        {
          details: [`${row.applied} of ${row.total} statements were executed`],
          hint:
            "Use the program or folder that has this migration; or see to it by hand and record it",
          next: [
            { command: "migrate version", when: "what is inside this program" },
            ...resolveSteps(row.version),
          ],
          data: { version: row.version },
        },
      );
    }
    if (row.version !== state.newest) throw partialInMiddle(row);
  }
}

/** Which files without a row the database has all the same: a baseline or a checkpoint covers them. */
export function coverage(
  pool: Pool,
  rows: ReadonlyMap<string, Revision>,
): (migration: Migration) => boolean {
  let upTo: string | undefined;
  const cover = (version: string) => {
    if (upTo === undefined || compareBytes(version, upTo) > 0) upTo = version;
  };
  for (const row of rows.values()) {
    if ((row.type & REVISION_TYPE.baseline) !== 0) cover(row.version);
  }
  for (const { checkpoint, version } of pool.migrations) {
    if (checkpoint && rows.has(version)) cover(version);
  }
  return ({ version }) => upTo !== undefined && compareBytes(version, upTo) <= 0;
}

function baselineNotFound(version: string): MigrateError {
  return new MigrateError(
    "baseline_not_found",
    `Cannot take over at "${version}": no such migration`,
    {
      hint: "Give the version of a file, as 0007",
      next: [{ command: "migrate status", when: "which there are" }],
      data: { version },
    },
  );
}

function baselineAndDirty(): MigrateError {
  return new MigrateError("usage", "Cannot start with both --baseline and --allow-dirty", {
    hint:
      "Use --baseline where these migrations have built the database up to one of them, --allow-dirty where somebody else has",
  });
}

function notClean(found: string): MigrateError {
  return new MigrateError(
    "database_not_clean",
    `Cannot start in a database that has no history and is not empty: ${found}`,
    {
      hint: "Say whose it is: from these migrations, up to one of them, or somebody else's",
      next: [
        { command: "migrate baseline <version>", when: "it has everything up to this version" },
        { command: "migrate --allow-dirty", when: "it is somebody else's: start beside it" },
      ],
      data: { found },
    },
  );
}
