import { type ErrorParts, MigrateError } from "./errors.ts";
import { lookUp, type Migration, resolveSteps } from "./migrations/mod.ts";

const LOCK_NOT_AVAILABLE = "55P03";

// duplicate_table, duplicate_column, duplicate_object, duplicate_schema, duplicate_function
const ALREADY_THERE: readonly (string | undefined)[] = [
  "42P07",
  "42701",
  "42710",
  "42P06",
  "42723",
];

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
  /** Whether the file ran outside a transaction, so that what came before is done and recorded. */
  readonly open: boolean;
  readonly cause?: unknown;
}

/**
 * The error of a migration that the server refused: with file, line and column, an excerpt, and
 * all that the server said.
 */
export function migrationFailed(facts: FailureFacts): MigrateError {
  const { blockers = [], migration, statement } = facts;
  const found = statement === undefined ? undefined : find(
    migration,
    statement.offset + unitsBefore(statement.text, facts.position),
  );
  const place = found?.place;
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
          ? `${migration.path}, at ${statement ? `statement ${statement.number}` : "the commit"}`
          : `${migration.path}:${place.line}:${place.column}`,
        ...(found?.excerpt ?? []),
        ...lines("SQLSTATE", facts.sqlstate),
        ...lines("detail", facts.detail),
        ...lines("hint", facts.hint),
        ...lines("where", facts.where),
        ...blockers.map((blocker) => `blocked by ${blocker}`),
      ],
      ...remedy(facts, folder),
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

function find(migration: Migration, index: number): ReturnType<typeof lookUp> | undefined {
  try {
    return lookUp(migration.texts(), index);
  } catch (error) {
    // Somebody has changed the file since: that must not hide what the server said.
    if (error instanceof MigrateError) return undefined;
    throw error;
  }
}

function remedy(
  { migration, open, sqlstate, statement }: FailureFacts,
  folder: string,
): Pick<ErrorParts, "hint" | "next"> {
  if (sqlstate === LOCK_NOT_AVAILABLE) {
    return {
      hint:
        "Wait until those that hold the lock are done, or end them, then run the same command again; --statement-lock-timeout says how long a statement waits",
    };
  }
  if (open) {
    const from = statement === undefined ? "" : ` from statement ${statement.number} on`;
    return {
      hint:
        `What comes before is done and stays: repair the file${from} and run the same command again, or see to it by hand and record it`,
      next: resolveSteps(migration.version),
    };
  }
  const repair =
    `Check ${folder} for conflicts, repair the file or the database, then run the same command again`;
  if (!ALREADY_THERE.includes(sqlstate)) return { hint: repair };
  return {
    hint: `${repair}; or, if all of it was done by hand already, record that`,
    next: resolveSteps(migration.version).slice(0, 1),
  };
}

/** The error of a run that was told to stop while it was at a file. */
export function interruptedIn(migration: Migration): MigrateError {
  return new MigrateError("interrupted", `Stopped while applying ${nameOf(migration)}`, {
    hint: "Run the same command again: it goes on where this one stopped",
    data: { layer: migration.layer, version: migration.version, file: migration.path },
  });
}

/** The error of a run that begins no further file, because another database has failed. */
export function haltedBefore(migration: Migration): MigrateError {
  return new MigrateError(
    "halted",
    `Stopped before ${nameOf(migration)}: another database failed`,
    {
      hint:
        "Repair the other database, then run the same command again: it goes on where this one stopped",
      data: { layer: migration.layer, version: migration.version, file: migration.path },
    },
  );
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
