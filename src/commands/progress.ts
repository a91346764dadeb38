import { MigrateError } from "../errors.ts";
import type { Migration, PlannedFile, Revision } from "../migrations/mod.ts";
import type { AppliedMigration } from "../report.ts";

/** Who is told when a file begins and when it is final. */
export interface Watcher {
  readonly onStart: (migration: Migration) => void;
  readonly onApplied: (applied: AppliedMigration) => void;
}

/** How far a run has come through its files. */
export class Progress {
  readonly #pending: readonly PlannedFile[];
  readonly #events: Watcher;
  #applied: AppliedMigration[] = [];
  #current: Migration | undefined;

  constructor(pending: readonly PlannedFile[], events: Watcher) {
    this.#pending = pending;
    this.#events = events;
  }

  get applied(): readonly AppliedMigration[] {
    return this.#applied;
  }

  start(migration: Migration): void {
    this.#current = migration;
    this.#events.onStart(migration);
  }

  finish(applied: AppliedMigration): void {
    this.#applied.push(applied);
    this.#current = undefined;
    this.#events.onApplied(applied);
  }

  /**
   * Corrects the account by what the history says after a failure: the answer to a commit may have
   * been lost although the work was done.
   */
  reconcile(rows: readonly Revision[]): void {
    const done = doneIn(rows);
    for (const { migration } of this.#left()) {
      if (!done.has(migration.version)) return;
      this.finish({ migration, statements: 0, skipped: 0, elapsedMs: 0 });
    }
  }

  /**
   * Takes back what the history does not have although it was called applied, as after a file that
   * Atlas left in an open transaction; returns what is wrong then.
   */
  unrecorded(rows: readonly Revision[]): MigrateError | undefined {
    const done = doneIn(rows);
    const lost = this.#applied.filter(({ migration }) => !done.has(migration.version));
    const [first] = lost;
    if (first === undefined) return undefined;
    this.#applied = this.#applied.filter((applied) => !lost.includes(applied));
    const { file, path, version } = first.migration;
    return new MigrateError(
      "atlas_failed",
      `Cannot vouch for "${file}": Atlas calls it applied, and the history does not have it`,
      {
        details: lost.map(({ migration }) => migration.path),
        hint: "Look whether the file begins a transaction that it does not end",
        data: { file: path, version },
      },
    );
  }

  /** The file in which the run stopped, if it stopped in one. */
  failed(error: MigrateError): Migration | undefined {
    if (error.code === "halted") return undefined;
    const { file, version } = error.data;
    return this.#left().find(({ migration }) =>
      migration.version === version || migration.path === file || migration === this.#current
    )?.migration;
  }

  /** The files after that one. */
  notStarted(error: MigrateError): readonly Migration[] {
    const failed = this.failed(error);
    return this.#left().map(({ migration }) => migration).filter((migration) =>
      migration !== failed
    );
  }

  #left(): readonly PlannedFile[] {
    const done = new Set(this.#applied.map(({ migration }) => migration));
    return this.#pending.filter(({ migration }) => !done.has(migration));
  }
}

function doneIn(rows: readonly Revision[]): ReadonlySet<string> {
  return new Set(rows.filter((row) => row.applied === row.total).map((row) => row.version));
}
