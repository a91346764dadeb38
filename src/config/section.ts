import type { Fault, SourcePlace } from "./faults.ts";

/** One value of a section, as text: `0123` and `1e3` stay what they are; no value is no text. */
export interface Field {
  readonly text: string;
  readonly place?: SourcePlace;
  /** Why it cannot be used, whatever it is for: a list where a text belongs, an unknown anchor. */
  readonly wrong?: string;
  /** The values of a list, where a list may stand; for all others it is `wrong`. */
  readonly items?: readonly Field[];
  /** Set when the text may be a secret, wherever it stands: faults do not show it. */
  readonly hidden?: true;
}

/** The values of a section by their keys. */
export type Section = ReadonlyMap<string, Field>;

/** Our two sections of a configuration, wherever it came from. */
export interface Sections {
  readonly database: Section | undefined;
  readonly migrate: Section;
  /** What the other sections are called, to find one with a misspelt name. */
  readonly others?: readonly string[];
  /** What to call the source in messages: `config.yaml`. */
  readonly source: string;
  /** What relative file names are relative to. */
  readonly folder: string;
  readonly warnings: readonly string[];
}

/** A section after its check: settings, unless there are faults. */
export interface Checked<T> {
  readonly settings: T | undefined;
  readonly faults: readonly Fault[];
  readonly warnings: readonly string[];
}

/** The fields that hold something usable, as a plain object. */
export function textsOf(section: Section): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...section].filter(([, { text, wrong }]) => text !== "" && wrong === undefined).map((
      [key, { text }],
    ) => [key, text]),
  );
}
