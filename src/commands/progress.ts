import type { MigrateError } from "../errors.ts";
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
  readonly #applied: AppliedMigration[] = [];
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
    const done = new Set(
      rows.filter((row) => row.applied === row.total).map((row) => row.version),
    );
    for (const { migration } of this.#left()) {
      if (!done.has(migration.version)) return;
      this.finish({ migration, statements: 0, skipped: 0, elapsedMs: 0 });
    }
  }

  /** The file in which the run stopped, if it stopped in one. */
  failed(error: MigrateError): Migration | undefined {
    if (error.code === "halted") return undefined;
    const version = error.data["version"];
    return this.#left().find(({ migration }) =>
      migration.version === version || migration === this.#current
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
