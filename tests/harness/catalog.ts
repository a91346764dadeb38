/** Every object of the layers' schemas, by what it is and what it is called, with its definition. */
export type Catalog = ReadonlyMap<string, string>;

// The names of constraints that PostgreSQL chose are compared like any other.
const QUERIES: Readonly<Record<string, string>> = {
  schema:
    `select quote_ident(nspname) as name, coalesce(obj_description(oid, 'pg_namespace'), '') as definition
    from pg_namespace where nspname = any($schemas)`,
  relation:
    `select c.oid::regclass::text as name, concat_ws(' ', c.relkind, c.relpersistence, c.relrowsecurity, c.reloptions::text,
      case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end, obj_description(c.oid, 'pg_class')) as definition
    from pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relnamespace::regnamespace::text = any($schemas)`,
  column: `select a.attrelid::regclass || '.' || a.attname as name,
      concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
        pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum)) as definition
    from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f')
      and c.relnamespace::regnamespace::text = any($schemas)`,
  constraint: `select conrelid::regclass || '.' || conname as name,
      concat_ws(' ', pg_get_constraintdef(oid), convalidated, obj_description(oid, 'pg_constraint')) as definition
    from pg_constraint where conrelid <> 0 and connamespace::regnamespace::text = any($schemas)`,
  index: `select indexrelid::regclass::text as name,
      concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid, obj_description(indexrelid, 'pg_class')) as definition
    from pg_index join pg_class c on c.oid = indexrelid where c.relnamespace::regnamespace::text = any($schemas)`,
  enum:
    `select t.oid::regtype::text as name, string_agg(e.enumlabel, ',' order by e.enumsortorder) || ' ' ||
      coalesce(obj_description(t.oid, 'pg_type'), '') as definition
    from pg_type t join pg_enum e on e.enumtypid = t.oid where t.typnamespace::regnamespace::text = any($schemas) group by t.oid`,
  function: `select oid::regprocedure::text as name,
      concat_ws(' ', pg_get_functiondef(oid), obj_description(oid, 'pg_proc')) as definition
    from pg_proc where prokind in ('f', 'p') and pronamespace::regnamespace::text = any($schemas)`,
  trigger: `select tgrelid::regclass || '.' || tgname as name,
      concat_ws(' ', pg_get_triggerdef(t.oid), tgenabled, obj_description(t.oid, 'pg_trigger')) as definition
    from pg_trigger t join pg_class c on c.oid = tgrelid where not tgisinternal and c.relnamespace::regnamespace::text = any($schemas)`,
  sequence:
    `select c.oid::regclass::text as name, concat_ws(' ', format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle) as definition
    from pg_sequence s join pg_class c on c.oid = s.seqrelid where c.relnamespace::regnamespace::text = any($schemas)`,
};

/** What every foreign key of a database is; Atlas does not see all that may change in one. */
export async function readForeignKeys(
  sql: (text: string) => Promise<readonly Record<string, unknown>[]>,
): Promise<readonly unknown[]> {
  return [
    ...await sql(
      "select conrelid::regclass::text as t, conname, pg_get_constraintdef(oid) as d from pg_constraint where contype = 'f' order by 1, 2",
    ),
  ];
}

/** Reads the catalog of some schemas. */
export async function readCatalog(
  sql: (text: string) => Promise<readonly Record<string, unknown>[]>,
  schemas: readonly string[],
): Promise<Catalog> {
  const list = `array[${schemas.map((schema) => `'${schema}'`).join(",")}]::text[]`;
  const catalog = new Map<string, string>();
  for (const [kind, query] of Object.entries(QUERIES)) {
    for (const row of await sql(query.replaceAll("$schemas", list))) {
      catalog.set(`${kind} ${row["name"]}`, String(row["definition"]));
    }
  }
  return catalog;
}

/** What differs between two catalogs, one line for each object. */
export function compareCatalogs(wanted: Catalog, found: Catalog): readonly string[] {
  const names = new Set([...wanted.keys(), ...found.keys()]);
  return [...names].sort().flatMap((name) => {
    const want = wanted.get(name);
    const have = found.get(name);
    if (want === have) return [];
    if (have === undefined) return [`missing: ${name}`];
    if (want === undefined) return [`too much: ${name}`];
    return [`different: ${name}: ${have} instead of ${want}`];
  });
}
