import { concurrentIndex, type Statement } from "../migrations/mod.ts";
import { literal } from "./quote.ts";
import type { Session } from "./session.ts";

/**
 * Drops the index that a statement left unfinished when it was last tried: PostgreSQL keeps it,
 * marked as invalid, and building it again would fail, or with `IF NOT EXISTS` pass for done. Only
 * the index that the statement names, on the table that it names, and only if nobody builds it.
 * Returns what was dropped.
 */
export async function dropUnfinished(
  session: Session,
  statement: Statement,
): Promise<readonly string[]> {
  const index = concurrentIndex(statement.text);
  if (index === undefined) return [];
  const rows = await session.query(`
    select i.indexrelid::regclass::text as name from ${INVALID}
      and i.indrelid = to_regclass(${literal(index.table)})
      and x.relname = (parse_ident(${literal(index.name)}))[1]`);
  const names = rows.map(({ name }) => String(name));
  for (const name of names) await session.run(`drop index concurrently ${name}`);
  return names;
}

/** The indexes of the database that are invalid and that nobody is building, by their names. */
export async function findInvalid(session: Session): Promise<readonly string[]> {
  const rows = await session.query(`
    select quote_ident(n.nspname) || '.' || quote_ident(x.relname) as name from ${INVALID}
      and n.nspname !~ '^pg_' order by 1`);
  return rows.map(({ name }) => String(name));
}

// An index of a partitioned table is invalid until each partition has its own: nothing is amiss.
const INVALID = `pg_index i join pg_class x on x.oid = i.indexrelid and x.relkind = 'i'
    join pg_namespace n on n.oid = x.relnamespace
    where not i.indisvalid
      and not exists (select 1 from pg_stat_progress_create_index p where p.index_relid = i.indexrelid)`;
