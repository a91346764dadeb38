import { MigrateError } from "../errors.ts";
import type { Revision } from "../migrations/mod.ts";
import { shellWord } from "../shell_word.ts";
import { identifier, literal } from "./quote.ts";
import type { Row, Session } from "./session.ts";

/** Atlas' own choice where nothing else is said (Atlas' `cmd/atlas`, `revision schema`). */
const DEFAULT_SCHEMA = "atlas_schema_revisions";
const TABLE = "atlas_schema_revisions";

/** Where the history of a database stands. */
export interface RevisionsTable {
  readonly schema: string;
  readonly exists: boolean;
}

/**
 * Finds the revisions table: the schema that was asked for, or the one that has such a table, or
 * Atlas' default.
 *
 * @throws {MigrateError} `ambiguous_revisions` when several schemas have one and none was asked for.
 */
export async function findRevisions(
  session: Session,
  asked: string | undefined,
): Promise<RevisionsTable> {
  return chooseTable(await session.query(HISTORIES), asked);
}

/** A query for the schemas that have a revisions table. */
export const HISTORIES = `select n.nspname as schema
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relname = '${TABLE}' and c.relkind in ('r', 'p') and n.nspname !~ '^pg_' order by 1`;

/**
 * Chooses by what `HISTORIES` has found.
 *
 * @throws {MigrateError} as `findRevisions`.
 */
export function chooseTable(rows: readonly Row[], asked: string | undefined): RevisionsTable {
  const found = rows.map((row) => String(row["schema"]));
  if (asked !== undefined) return { schema: asked, exists: found.includes(asked) };
  if (found.length > 1) {
    throw new MigrateError(
      "ambiguous_revisions",
      `Cannot tell which history counts: ${found.length} schemas have a revisions table`,
      {
        details: found.map((schema) => `${identifier(schema)}.${TABLE}`),
        hint: "Look which one is this database's own, and name it with --revisions-schema",
        next: found.map((schema) => ({
          command: `migrate history --revisions-schema ${shellWord(schema)}`,
        })),
        data: { schemas: found },
      },
    );
  }
  return { schema: found[0] ?? DEFAULT_SCHEMA, exists: found.length === 1 };
}

/**
 * Reads the whole history, in the order of the versions' bytes, without the row by which Atlas
 * Cloud knows a database.
 */
export async function readRevisions(
  session: Session,
  table: RevisionsTable,
): Promise<readonly Revision[]> {
  if (!table.exists) return [];
  return (await session.query(historyQuery(qualified(table)))).map(toRevision);
}

/**
 * The query for a history; `table` is the name of the table, as SQL. A row is one text: reading a
 * dozen columns takes longer than all else that is done with thousands of rows.
 */
export function historyQuery(table: string): string {
  return `
    select json_build_array(version, description, type::int, applied::int, total::int,
      to_char(executed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
      execution_time::text, coalesce(error, ''), coalesce(error_stmt, ''), hash,
      case jsonb_typeof(partial_hashes) when 'array' then partial_hashes else '[]' end,
      operator_version)::text as revision
    from ${table} where version <> '.atlas_cloud_identifier' order by version collate "C"`;
}

/** One row of a history, as the query returns it. */
export function toRevision(row: Row): Revision {
  // The shape is that of the query above.
  const values = JSON.parse(String(row["revision"])) as Values;
  const [version, description, type, applied, total, executedAt, executionTimeNs] = values;
  const [error, errorStatement, hash, partialHashes, operatorVersion] = values.slice(7) as Rest;
  return {
    version,
    description,
    type,
    applied,
    total,
    executedAt,
    executionTimeNs,
    error,
    errorStatement,
    hash,
    partialHashes,
    operatorVersion,
  };
}

type Rest = [string, string, string, readonly string[], string];
type Values = [string, string, number, number, number, string, string, ...Rest];

/**
 * Creates the schema and the table as Atlas does, to the order of the columns: it alters what
 * differs and drops what it does not know. Both are there, or neither.
 */
export async function createRevisions(session: Session, table: RevisionsTable): Promise<void> {
  const schemas = await session.query(
    `select 1 from pg_namespace where nspname = ${literal(table.schema)}`,
  );
  // To create what is there already, if not exists, takes a right that not everybody has.
  const schema = schemas.length > 0 ? "" : `create schema ${identifier(table.schema)};\n`;
  await session.run(`${schema}create table ${qualified(table)} (
    "version" character varying not null,
    "description" character varying not null,
    "type" bigint not null default 2,
    "applied" bigint not null default 0,
    "total" bigint not null default 0,
    "executed_at" timestamptz not null,
    "execution_time" bigint not null,
    "error" text null,
    "error_stmt" text null,
    "hash" character varying not null,
    "partial_hashes" jsonb null,
    "operator_version" character varying not null,
    primary key ("version")
  )`);
}

/** Writes one row. */
export async function writeRevision(
  session: Session,
  table: RevisionsTable,
  revision: Revision,
): Promise<void> {
  await session.run(upsertRevision(table, revision));
}

/** Removes the row of a version. */
export async function deleteRevision(
  session: Session,
  table: RevisionsTable,
  version: string,
): Promise<void> {
  await session.run(`delete from ${qualified(table)} where version = ${literal(version)}`);
}

/** The statement that writes the row of a version that has none; it fails where there is one. */
export function insertRevision(table: RevisionsTable, revision: Revision): string {
  const hashes = revision.partialHashes.length === 0
    ? "null"
    : JSON.stringify(revision.partialHashes);
  const values = [
    literal(revision.version),
    literal(revision.description),
    revision.type,
    revision.applied,
    revision.total,
    literal(revision.executedAt),
    revision.executionTimeNs,
    literal(revision.error),
    literal(revision.errorStatement),
    literal(revision.hash),
    `${literal(hashes)}::pg_catalog.jsonb`,
    literal(revision.operatorVersion),
  ];
  return `insert into ${qualified(table)} ("version", "description", "type", "applied", "total",
    "executed_at", "execution_time", "error", "error_stmt", "hash", "partial_hashes", "operator_version")
    values (${values.join(", ")})`;
}

/**
 * The statement that writes a row as Atlas does: a version that has one keeps its description and
 * the time of its first execution (Atlas' `ent/revision_create.go`).
 */
export function upsertRevision(table: RevisionsTable, revision: Revision): string {
  const updated = [
    "type",
    "applied",
    "total",
    "execution_time",
    "error",
    "error_stmt",
    "hash",
    "partial_hashes",
    "operator_version",
  ];
  return `${insertRevision(table, revision)}
    on conflict ("version") do update set ${
    updated.map((column) => `"${column}" = excluded."${column}"`).join(", ")
  }`;
}

/** The table's name for SQL. */
export function qualified(table: RevisionsTable): string {
  return `${identifier(table.schema)}."${TABLE}"`;
}

/** The statements that let a role read the history. */
export function grantReading(table: RevisionsTable, role: string): string {
  return `grant usage on schema ${identifier(table.schema)} to ${
    identifier(role)
  }; grant select on ${qualified(table)} to ${identifier(role)};`;
}
