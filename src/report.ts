import type { MigrateError } from "./errors.ts";
import type { Migration, PlannedFile } from "./migrations/mod.ts";

/** One migration that a run has brought into the database. */
export interface AppliedMigration {
  readonly migration: Migration;
  /** How many statements this run executed. */
  readonly statements: number;
  /** How many an earlier run had executed already. */
  readonly skipped: number;
  readonly elapsedMs: number;
}

/** A file that is about to be tried again, because somebody else holds what it needs. */
export interface Retry {
  readonly file: PlannedFile;
  /** The sessions that hold it, as far as they were seen. */
  readonly blockers: readonly string[];
  /** The number of the try to come, from 2, and how many there may be. */
  readonly attempt: number;
  readonly tries: number;
  readonly pauseMs: number;
}

/** What a run is seen to do while a statement takes its time. */
export interface Sight {
  /** The text that the server works at: its beginning, about 1 kB. */
  readonly statement: string;
  /** How long it has been at it. */
  readonly elapsedMs: number;
  /** What the server tells of its way through it: `building index: scanning table`. */
  readonly phase?: string;
  /** How much of that phase is done, from 0 to 100. */
  readonly percent?: number;
  /** The sessions that it waits for. */
  readonly blockers: readonly string[];
  /** The file that the statement stands in, where only the statement tells that. */
  readonly migration?: Migration;
}

/** Which engine did the work, and why that one. */
export interface EngineChoice {
  readonly name: "embedded" | "atlas";
  /** The version of Atlas; absent for our own. */
  readonly version?: string;
  readonly path?: string;
  readonly reason: string;
}

/** What `migrate apply` did. */
export interface ApplyReport {
  /** The target, without its password. */
  readonly database: string;
  readonly serverVersion: string;
  readonly engine: EngineChoice;
  readonly revisionsSchema: string;
  /** How many migrations are on offer. */
  readonly total: number;
  /** The newest version in the database before and after. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly applied: readonly AppliedMigration[];
  readonly failed: Migration | undefined;
  readonly notStarted: readonly Migration[];
  /** Files passed over because of `--exec-order linear-skip`. */
  readonly skipped: readonly Migration[];
  /** Versions in the database that this program does not have. */
  readonly unknown: readonly string[];
  /** Indexes in the database whose building was given up; empty if nobody looked. */
  readonly invalidIndexes: readonly string[];
  readonly elapsedMs: number;
  readonly error: MigrateError | undefined;
}

/** What became of one database of a run. */
export interface Outcome {
  readonly state: "applied" | "nothing_pending" | "failed" | "skipped";
  /** The name of the database; absent where the settings could not be loaded. */
  readonly name?: string;
  /** What was done, where something was begun. */
  readonly report?: ApplyReport;
  /** Why it failed. */
  readonly error?: MigrateError;
}
