import { MigrateError } from "../errors.ts";

/** One thing that is wrong with a configuration. */
export interface Fault {
  /** The whole key: `database.port`. */
  readonly key: string;
  /** What is wrong, to be read behind the key: `is "54x2": must be a number from 1 to 65535`. */
  readonly state: string;
  /** Where it stands, if it stands in a file. */
  readonly place?: SourcePlace;
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
  return new MigrateError(
    "config_invalid",
    faults.length === 1
      ? `Cannot use the configuration: "${only?.key}" ${only?.state}`
      : `Cannot use the configuration: ${faults.length} settings are wrong`,
    {
      details: faults.flatMap((fault) => [
        `${where(fault, source)}: "${fault.key}" ${fault.state}`,
        ...(fault.place?.excerpt ?? []).map((line) => `  ${line}`),
      ]),
      hint: `Correct ${faults.length === 1 ? "it" : "them"} in ${source}`,
      data: {
        source,
        faults: faults.map(({ key, state, place }) => ({
          key,
          state,
          ...(place === undefined ? {} : { line: place.line, column: place.column }),
        })),
      },
    },
  );
}

/** The nearest of the known names, if it is near enough to have been meant. */
export function didYouMean(name: string, known: readonly string[]): string {
  const ranked = known.map((other) => ({ other, distance: distance(name.toLowerCase(), other) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(1, Math.floor(name.length / 3))
    ? `; did you mean "${best.other}"?`
    : "";
}

function where({ place }: Fault, source: string): string {
  return place === undefined ? source : `${source}:${place.line}:${place.column}`;
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
