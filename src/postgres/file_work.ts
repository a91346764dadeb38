import { executableStatements } from "../executable.ts";
import { migrationFailed } from "../failure.ts";
import {
  type PlannedFile,
  type Revision,
  REVISION_TYPE,
  type Statement,
  StatementHasher,
  type Statements,
  Traits,
} from "../migrations/mod.ts";
import type { AppliedMigration } from "../report.ts";
import { atlasErrorText } from "./atlas_error_text.ts";
import { ServerError } from "./server_error.ts";

/** A statement of a file with its number, from 0. */
export type Numbered = readonly [number: number, statement: Statement];

/** One file made ready for execution: its statements, and the row that belongs to each moment. */
export class FileWork {
  readonly file: PlannedFile;
  readonly #statements: Statements;
  readonly #traits = new Traits();
  readonly #hasher = new StatementHasher();
  /** The hashes after the statements that were met so far, which only a half-done file needs. */
  readonly #hashes: string[] = [];
  readonly #operator: string;
  readonly #startedAt = new Date().toISOString();
  #started = performance.now();

  /**
   * Splits the file.
   *
   * @throws {MigrateError} the codes of `executableStatements`.
   */
  constructor(file: PlannedFile, operator: string) {
    this.file = file;
    this.#statements = executableStatements(file, this.#traits);
    this.#operator = operator;
  }

  /** How many statements it has, those that were executed before too. */
  get count(): number {
    return this.#statements.length;
  }

  /** How long its text is, in UTF-16 units. */
  get length(): number {
    return this.#traits.length;
  }

  /** Whether the file itself says how long to wait for locks. */
  get setsLockTimeout(): boolean {
    return this.#traits.setsLockTimeout;
  }

  /** Whether its statements may be sent before the answers to those ahead of them are there. */
  get isPipelinable(): boolean {
    return this.#traits.pipelinable;
  }

  /** Has its time begin now: it was waiting for the file ahead of it. */
  begin(): void {
    this.#started = performance.now();
  }

  /** Whether the file may set a delimiter of its own. */
  get setsDelimiter(): boolean {
    return this.#traits.setsDelimiter;
  }

  /**
   * The statements still to be executed; the file is read for them while they are.
   *
   * @throws {MigrateError} what reading the file throws, `sum_mismatch` where somebody changes it.
   */
  *left(from = this.file.resumeFrom): Generator<Numbered, undefined, undefined> {
    let number = 0;
    for (const statement of this.#statements) {
      if (this.file.txMode === "none") this.#note(number, statement);
      if (number >= from) yield [number, statement];
      number++;
    }
  }

  /** The statement with a number, if there is one. */
  at(number: number): Statement | undefined {
    for (const [, statement] of this.left(number)) return statement;
    return undefined;
  }

  #note(number: number, { text }: Statement): void {
    if (number === this.#hashes.length) this.#hashes.push(this.#hasher.hash(text));
  }

  /** Lets go of the statements, which are executed: files that run together wait for the last. */
  release(): void {
    this.#statements.release();
  }

  /** The row while the file is being executed, `applied` statements done. */
  running(
    applied: number,
    failure?: { readonly error: ServerError; readonly statement: string },
  ): Revision {
    if (this.#hashes.length < applied) this.at(applied - 1);
    return {
      ...this.#row(applied),
      partialHashes: this.#hashes.slice(0, applied),
      error: failure === undefined ? "" : atlasErrorText(failure.error, failure.statement),
      errorStatement: failure?.statement ?? "",
    };
  }

  /** The row of the finished file. */
  finished(): Revision {
    return { ...this.#row(this.count), partialHashes: [] };
  }

  /** What the report says of the finished file. */
  applied(): AppliedMigration {
    return {
      migration: this.file.migration,
      statements: this.count - this.file.resumeFrom,
      skipped: this.file.resumeFrom,
      elapsedMs: performance.now() - this.#started,
    };
  }

  /** Tells what went wrong in terms of the file; what is no refusal by the server passes through. */
  failure(error: unknown, at?: Numbered): unknown {
    if (!(error instanceof ServerError)) return error;
    return migrationFailed({
      migration: this.file.migration,
      message: error.message,
      position: error.position,
      sqlstate: error.sqlstate,
      detail: error.detail,
      hint: error.hint,
      where: error.where,
      blockers: error.blockers,
      open: this.file.txMode === "none",
      cause: error,
      ...(at === undefined ? {} : { statement: { ...at[1], number: at[0] + 1 } }),
    });
  }

  #row(applied: number): Revision {
    const { migration, previous } = this.file;
    return {
      version: migration.version,
      description: migration.description,
      // Like Atlas, keep what a row already says of itself: a resolved one stays resolved.
      type: previous?.type ?? REVISION_TYPE.executed,
      applied,
      // Atlas leaves the number of the first attempt here, and a file whose repair changed it
      // would count as partial for ever (ariga/atlas#2455).
      total: this.count,
      executedAt: this.#startedAt,
      executionTimeNs: String(Math.round((performance.now() - this.#started) * 1e6)),
      error: "",
      errorStatement: "",
      hash: previous?.hash ?? migration.hash,
      partialHashes: [],
      operatorVersion: this.#operator,
    };
  }
}
