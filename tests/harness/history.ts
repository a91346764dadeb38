import type { TestDatabase } from "./postgres.ts";

/** The revisions of a database, without what differs by nature: times and who wrote them. */
export async function revisionsOf(
  db: TestDatabase,
  schema = "atlas_schema_revisions",
): Promise<readonly Record<string, unknown>[]> {
  const [found] = await db.sql(`select to_regclass('"${schema}".atlas_schema_revisions') as t`);
  if (found?.["t"] === null) return [];
  return (await db.sql(`
    select version, description, type::int, applied::int, total::int, error, error_stmt, hash,
      partial_hashes::text as partial_hashes
    from "${schema}".atlas_schema_revisions order by version collate "C"`)).map((row) => ({
    ...row,
  }));
}

/** Everything in a database that a migration could have made, apart from the history. */
export async function contentOf(db: TestDatabase): Promise<readonly string[]> {
  const rows = await db.sql(`
    select 'schema ' || nspname as what from pg_namespace
      where nspname !~ '^pg_' and nspname not in ('information_schema', 'atlas_schema_revisions')
    union all select c.relkind::text || ' ' || c.oid::regclass || ' ' || coalesce((select string_agg(attname || ':' || atttypid::regtype, ',' order by attnum)
        from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped), '')
      from pg_class c where c.relkind in ('r', 'v', 'i', 'S') and c.relnamespace::regnamespace::text !~ '^(pg_|information_schema|atlas_schema_revisions)'
    order by 1`);
  return rows.map((row) => String(row["what"]));
}
