import { MigrateError } from "./errors.ts";
import { excerpt, type Migration, position } from "./migrations/mod.ts";

const LOCK_NOT_AVAILABLE = "55P03";

/** What is known of a migration that failed. What an engine does not tell stays away. */
export interface FailureFacts {
  readonly migration: Migration;
  /** The server's sentence. */
  readonly message: string;
  /** The statement that failed; none when the failure came with the commit of the file. */
  readonly statement?: {
    readonly text: string;
    /** Where its text begins in the file, in UTF-16 units. */
    readonly offset: number;
    /** Counted from 1. */
    readonly number: number;
  };
  /** Where in the statement, in characters from 1. */
  readonly position?: number | undefined;
  readonly sqlstate?: string | undefined;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly where?: string | undefined;
  /** The sessions that were last seen to block the statement. */
  readonly blockers?: readonly string[];
  readonly cause?: unknown;
}

/**
 * The error of a migration that the server refused: with file, line and column, an excerpt, and
 * all that the server said.
 */
export function migrationFailed(facts: FailureFacts): MigrateError {
  const { blockers = [], migration, statement } = facts;
  const place = statement === undefined
    ? undefined
    : position(migration.text, statement.offset + unitsBefore(statement.text, facts.position));
  const folder = migration.path.slice(0, migration.path.length - migration.file.length);
  const lines = (label: string, text: string | undefined) =>
    text === undefined
      ? []
      : text.split("\n").map((line, i) => i === 0 ? `${label}: ${line}` : `  ${line}`);
  return new MigrateError(
    "migration_failed",
    `Cannot apply ${nameOf(migration)}: ${facts.message}`,
    {
      details: [
        place === undefined
          ? `${migration.path}, at the commit`
          : `${migration.path}:${place.line}:${place.column}`,
        ...(place === undefined ? [] : excerpt(migration.text, place)),
        ...lines("SQLSTATE", facts.sqlstate),
        ...lines("detail", facts.detail),
        ...lines("hint", facts.hint),
        ...lines("where", facts.where),
        ...blockers.map((blocker) => `blocked by ${blocker}`),
      ],
      hint: facts.sqlstate === LOCK_NOT_AVAILABLE
        ? "Wait until those that hold the lock are done, or end them, then run the same command again; --statement-lock-timeout says how long a statement waits"
        : `Check ${folder} for conflicts, repair the file or the database, then run the same command again`,
      data: {
        layer: migration.layer,
        version: migration.version,
        file: migration.path,
        ...(place === undefined ? {} : place),
        ...(statement === undefined ? {} : { statement: statement.number, sql: statement.text }),
        sqlstate: facts.sqlstate,
        detail: facts.detail,
        hint: facts.hint,
        where: facts.where,
        ...(blockers.length === 0 ? {} : { blockers }),
      },
      cause: facts.cause,
    },
  );
}

/** The error of a run that was told to stop while it was at a file. */
export function interruptedIn(migration: Migration): MigrateError {
  return new MigrateError("interrupted", `Stopped while applying ${nameOf(migration)}`, {
    hint: "Run the same command again: it goes on where this one stopped",
    data: { layer: migration.layer, version: migration.version, file: migration.path },
  });
}

/** How people speak of a migration: `0007_add_x (silver)`. */
export function nameOf(migration: Migration): string {
  const name = migration.file.replace(/\.sql$/, "");
  return migration.layer === undefined ? name : `${name} (${migration.layer})`;
}

/** The server counts characters, JavaScript counts UTF-16 units. */
function unitsBefore(text: string, position: number | undefined): number {
  let units = 0;
  for (let left = (position ?? 1) - 1; left > 0 && units < text.length; left--) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return units;
}
