import { concurrentIndex, concurrentlyDropped, type Statement } from "../migrations/mod.ts";
import { literal } from "./quote.ts";
import { qualified, type RevisionsTable } from "./revisions.ts";
import type { Row, Session } from "./session.ts";

/**
 * Drops the index that a statement left unfinished when it was last tried: PostgreSQL keeps it,
 * marked as invalid, and building it again would fail, or with `IF NOT EXISTS` pass for done. Only
 * the index that the statement names, on the table that it names, and only if nobody builds it.
 * Returns what was dropped.
 */
export async function dropUnfinished(
  session: Session,
  statement: Statement,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const index = concurrentIndex(statement.text);
  if (index === undefined) return [];
  const rows = await session.query(`
    select i.indexrelid::regclass::text as name from ${INVALID} and ${named(index)}`);
  const names = rows.map(({ name }) => String(name));
  for (const name of names) await session.run(`drop index concurrently ${name}`, signal);
  return names;
}

/**
 * Whether the work of a statement that no transaction can hold together with its row was done, and
 * only the row not written, because the run ended in between: the index that it drops is gone, or
 * the one that it builds is there, whole, and younger than the row of the statement before.
 */
export async function isDone(
  session: Session,
  statement: Statement,
  row: { readonly table: RevisionsTable; readonly version: string },
): Promise<boolean> {
  const dropped = concurrentlyDropped(statement.text);
  if (dropped !== undefined) {
    const [found] = await session.query(`select to_regclass(${literal(dropped)}) is null as gone`);
    return found?.["gone"] === true;
  }
  const index = concurrentIndex(statement.text);
  if (index === undefined) return false;
  const rows = await session.query(`
    select 1 from pg_index i join pg_class x on x.oid = i.indexrelid
    where i.indisvalid and ${named(index)} and age(x.xmin) < (
      select age(r.xmin) from ${qualified(row.table)} r where r.version = ${
    literal(row.version)
  })`);
  return rows.length > 0;
}

/** The indexes of the database that are invalid and that nobody is building, by their names. */
export async function findInvalid(session: Session): Promise<readonly string[]> {
  return toNames(await session.query(invalidIndexes()));
}

/** The query for them. */
export function invalidIndexes(): string {
  return `select quote_ident(n.nspname) || '.' || quote_ident(x.relname) as name from ${INVALID}
      and n.nspname !~ '^pg_' order by 1`;
}

/** The names that the query has found. */
export function toNames(rows: readonly Row[]): readonly string[] {
  return rows.map(({ name }) => String(name));
}

function named(index: { readonly name: string; readonly table: string }): string {
  return `i.indrelid = to_regclass(${literal(index.table)})
      and x.relname = (parse_ident(${literal(index.name)}))[1]`;
}

// An index of a partitioned table is invalid until each partition has its own: nothing is amiss.
const INVALID = `pg_index i join pg_class x on x.oid = i.indexrelid and x.relkind = 'i'
    join pg_namespace n on n.oid = x.relnamespace
    where not i.indisvalid
      and not exists (select 1 from pg_stat_progress_create_index p where p.index_relid = i.indexrelid)`;
