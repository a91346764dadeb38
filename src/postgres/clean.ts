import { identifier, literal } from "./quote.ts";
import type { RevisionsTable } from "./revisions.ts";
import type { Session } from "./session.ts";

/**
 * Whether a database without history is clean, by Atlas' rule: no schema besides an empty `public`
 * and the one of the revisions table (Atlas' `sql/postgres`, `Driver.CheckClean`). Only tables
 * count; those that belong to an extension do not. Returns `true`, or what stands in the way.
 */
export async function checkClean(session: Session, table: RevisionsTable): Promise<true | string> {
  const rows = await session.query(`
    select n.nspname as schema,
      (select count(*)::int from information_schema.tables t
        join pg_class c on c.relname = t.table_name and c.relnamespace = n.oid
        where t.table_schema = n.nspname and t.table_type = 'BASE TABLE' and not c.relispartition
          and t.table_name <> case when n.nspname = ${
    literal(table.schema)
  } then 'atlas_schema_revisions' else '' end
          and not exists (select 1 from pg_depend d
            where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')) as tables
    from pg_namespace n
    where n.nspname not in ('information_schema', 'pg_catalog', 'pg_toast', 'crdb_internal', 'pg_extension')
      and n.nspname not like 'pg_%temp_%'
      and not exists (select 1 from pg_depend d
        where d.classid = 'pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e')
    order by n.nspname`);
  for (const row of rows) {
    const schema = String(row["schema"]);
    const tables = Number(row["tables"]);
    if (schema === table.schema || schema === "public") {
      if (tables > 0) return `found ${count(tables)} in schema ${identifier(schema)}`;
    } else {
      return tables === 0
        ? `found schema ${identifier(schema)}`
        : `found schema ${identifier(schema)} with ${count(tables)}`;
    }
  }
  return true;
}

function count(tables: number): string {
  return tables === 1 ? "1 table" : `${tables} tables`;
}
