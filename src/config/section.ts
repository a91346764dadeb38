import type { SourcePlace } from "./faults.ts";

/** One value of a section, as text: `0123` and `1e3` stay what they are. */
export interface Field {
  readonly text: string;
  readonly place?: SourcePlace;
  /** Set when the value is a list or a map where a text belongs. */
  readonly wrong?: string;
  /** Set when the text may be a secret, wherever it stands: faults do not show it. */
  readonly hidden?: true;
}

/** The values of a section by their keys. A key without a value is absent. */
export type Section = ReadonlyMap<string, Field>;

/** Our two sections of a configuration, wherever it came from. */
export interface Sections {
  readonly database: Section | undefined;
  readonly migrate: Section;
  /** What to call the source in messages: `config.yaml`. */
  readonly source: string;
  /** What relative file names are relative to. */
  readonly folder: string;
  readonly warnings: readonly string[];
}
