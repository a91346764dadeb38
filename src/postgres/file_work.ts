import { executableStatements } from "../executable.ts";
import { migrationFailed } from "../failure.ts";
import {
  isPipelinable,
  type PlannedFile,
  type Revision,
  REVISION_TYPE,
  type Statement,
  statementHashes,
} from "../migrations/mod.ts";
import type { AppliedMigration } from "../report.ts";
import { atlasErrorText } from "./atlas_error_text.ts";
import { ServerError } from "./server_error.ts";

/** One file made ready for execution: its statements, and the row that belongs to each moment. */
export class FileWork {
  readonly file: PlannedFile;
  readonly statements: readonly Statement[];
  #known: readonly string[] | undefined;
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
    this.statements = executableStatements(file);
    this.#operator = operator;
  }

  /** The hashes that a row of a half-done file needs, and no other. */
  get #hashes(): readonly string[] {
    return this.#known ??= statementHashes(this.statements.map(({ text }) => text));
  }

  /** Whether the file itself says how long to wait for locks. */
  get setsLockTimeout(): boolean {
    return this.statements.some(({ text }) => /\block_timeout\b/i.test(text));
  }

  /** Whether the file may be sent before the one ahead of it is in. */
  get isPipelinable(): boolean {
    return isPipelinable(this.file.migration.text, this.statements);
  }

  /** Has its time begin now: it was waiting for the file ahead of it. */
  begin(): void {
    this.#started = performance.now();
  }

  /** Whether the file may set a delimiter of its own. */
  get setsDelimiter(): boolean {
    return /\bdelimiter\b/i.test(this.file.migration.text);
  }

  /** The statements still to be executed, with their numbers from 0. */
  *left(from = this.file.resumeFrom): Iterable<readonly [number, Statement]> {
    for (let i = from; i < this.statements.length; i++) {
      const statement = this.statements[i];
      if (statement !== undefined) yield [i, statement];
    }
  }

  /** The row while the file is being executed, `applied` statements done. */
  running(
    applied: number,
    failure?: { readonly error: ServerError; readonly statement: string },
  ): Revision {
    return {
      ...this.#row(applied),
      partialHashes: this.#hashes.slice(0, applied),
      error: failure === undefined ? "" : atlasErrorText(failure.error, failure.statement),
      errorStatement: failure?.statement ?? "",
    };
  }

  /** The row of the finished file. */
  finished(): Revision {
    return { ...this.#row(this.statements.length), partialHashes: [] };
  }

  /** What the report says of the finished file. */
  applied(): AppliedMigration {
    return {
      migration: this.file.migration,
      statements: this.statements.length - this.file.resumeFrom,
      skipped: this.file.resumeFrom,
      elapsedMs: performance.now() - this.#started,
    };
  }

  /** Tells what went wrong in terms of the file; what is no refusal by the server passes through. */
  failure(error: unknown, number?: number): unknown {
    if (!(error instanceof ServerError)) return error;
    const statement = number === undefined ? undefined : this.statements[number];
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
      ...(statement === undefined || number === undefined
        ? {}
        : { statement: { ...statement, number: number + 1 } }),
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
      total: this.statements.length,
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
