import type { ErrorData } from "../error_data.ts";
import { MigrateError } from "../errors.ts";

/** One thing that is wrong with a configuration. */
export interface Fault {
  /** The whole key: `database.port`. */
  readonly key: string;
  /** What is wrong, to be read behind the key: `is "54x2": must be a number from 1 to 65535`. */
  readonly state: string;
  /** Where it stands, if it stands in a file. */
  readonly place?: SourcePlace;
  /** Where it comes from, if that is not the source of the other settings. */
  readonly from?: string;
}

/** A place in a configuration file, with the lines that show it. */
export interface SourcePlace {
  readonly line: number;
  readonly column: number;
  readonly excerpt: readonly string[];
}

/** All faults as one error, each on its own line. */
export function faultsError(faults: readonly Fault[], source: string): MigrateError {
  const [only] = faults;
  const places = [...new Set(faults.map(({ from = source }) => from))].join(" and ");
  return new MigrateError(
    "config_invalid",
    faults.length === 1
      ? `Cannot use the configuration: "${only?.key}" ${only?.state}`
      : `Cannot use the configuration: ${faults.length} settings are wrong`,
    {
      details: faultLines(faults, source),
      hint: `Correct ${faults.length === 1 ? "it" : "them"} in ${places}`,
      data: { source, faults: faultData(faults) },
    },
  );
}

/** The faults for people: where, what, and the lines that show it. */
export function faultLines(faults: readonly Fault[], source: string): readonly string[] {
  return faults.flatMap((fault) => [
    `${where(fault, source)}: "${fault.key}" ${fault.state}`,
    ...(fault.place?.excerpt ?? []).map((line) => `  ${line}`),
  ]);
}

/** The faults for machines. */
export function faultData(faults: readonly Fault[]): NonNullable<ErrorData["faults"]> {
  return faults.map(({ key, state, place }) => ({
    key,
    state,
    ...(place === undefined ? {} : { line: place.line, column: place.column }),
  }));
}

/** The warning that a key of a section of ours means nothing. */
export function unknownKey(
  key: string,
  options: {
    readonly section: string;
    readonly known: readonly string[];
    readonly source: string;
    readonly place: SourcePlace | undefined;
  },
): string {
  const { section, known, source, place } = options;
  // `password:secret` without a space is a key, and must not be shown.
  const shown = /^[\w.-]{1,40}$/.test(key) ? key : "…";
  return `${where({ place }, source)}: "${section}.${shown}" is not known and has no effect${
    didYouMean(key, known)
  }`;
}

/** The nearest of the known names, if it is near enough to have been meant. */
export function didYouMean(name: string, known: readonly string[]): string {
  const best = nearest(name, known);
  return best === undefined ? "" : `; did you mean "${best}"?`;
}

/** The known name that is nearest to another, if one is near enough. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > 40) return undefined;
  const ranked = known.map((other) => ({ other, distance: distance(name.toLowerCase(), other) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  const limit = Math.max(1, Math.floor(name.length / 3));
  return best !== undefined && best.distance <= limit ? best.other : undefined;
}

function where(
  { place, from }: { readonly place?: SourcePlace | undefined; readonly from?: string },
  source: string,
): string {
  return place === undefined ? from ?? source : `${source}:${place.line}:${place.column}`;
}

/** How many letters must be added, removed, changed or swapped to get from one to the other. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(
        (row[j - 1] ?? 0) + 1,
        (rows[i - 1]?.[j] ?? 0) + 1,
        (rows[i - 1]?.[j - 1] ?? 0) + same,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
