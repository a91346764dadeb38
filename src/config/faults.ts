import type { ErrorData } from "../error_data.ts";
import { didYouMean } from "../did_you_mean.ts";
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

function where(
  { place, from }: { readonly place?: SourcePlace | undefined; readonly from?: string },
  source: string,
): string {
  return place === undefined ? from ?? source : `${source}:${place.line}:${place.column}`;
}
