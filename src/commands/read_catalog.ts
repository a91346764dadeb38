import {
  type Catalog,
  type NamesIn,
  type RelationFacts,
  type RelationName,
  writtenName,
} from "../impact/mod.ts";
import { literal } from "../postgres/mod.ts";

/** Runs one query and returns its rows. */
type Query = (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/**
 * Reads what statements are judged by from the catalog, and from nothing else: no table is opened,
 * so nobody's lock makes it wait. Sizes are those of the last VACUUM or ANALYZE.
 */
export async function readCatalog(query: Query, names: NamesIn): Promise<Catalog> {
  const relations = new Map<string, RelationFacts>();
  for (const row of await query(relationsQuery(written(names.relations)))) {
    relations.set(String(row["written"]), toFacts(row["facts"]));
  }
  const volatilities = new Map<string, string>();
  for (const row of await query(functionsQuery(names.functions))) {
    volatilities.set(String(row["name"]), String(row["volatility"]));
  }
  const types = new Map<string, string>();
  for (const row of await query(typesQuery(written(names.types)))) {
    types.set(String(row["written"]), String(row["kind"]));
  }
  return {
    relation: (name) => relations.get(writtenName(name)),
    volatility: ({ name }) => {
      const found = volatilities.get(name);
      return found === "i" || found === "s" || found === "v" ? found : undefined;
    },
    typeKind: (name) => types.get(writtenName(name)),
  };
}

function written(names: readonly RelationName[]): string {
  const texts = new Set(names.filter(({ name }) => name !== "").map(writtenName));
  return `array[${[...texts].map(literal).join(", ")}]::text[]`;
}

const NAME = (oid: string) =>
  `(select quote_ident(ns.nspname) || '.' || quote_ident(rel.relname) from pg_class rel
    join pg_namespace ns on ns.oid = rel.relnamespace where rel.oid = ${oid})`;

function relationsQuery(names: string): string {
  return `
with recursive named as (
  select w as written, to_regclass(w)::oid as oid from unnest(${names}) w
  where to_regclass(w) is not null
), down as (
  select oid as root, oid from named
  union select root, inhrelid from down join pg_inherits on inhparent = down.oid
), up as (
  select oid as root, oid, 0 as depth from named
  union select root, inhparent, depth + 1 from up join pg_inherits on inhrelid = up.oid
)
select named.written, json_build_object(
  'name', ${NAME("c.oid")}, 'kind', c.relkind,
  'bytes', (select sum(s.relpages::bigint) filter (where s.reltuples >= 0)
      * current_setting('block_size')::bigint
    from down join pg_class t on t.oid = down.oid
    join pg_class s on s.oid = t.oid or s.oid = t.reltoastrelid
      or s.oid in (select indexrelid from pg_index where indrelid = t.oid)
    where down.root = c.oid and t.reltuples >= 0 and s.relkind <> 'p'),
  'table', (select ${NAME("indrelid")} from pg_index where indexrelid = c.oid),
  'triggers', exists (select 1 from pg_trigger where tgrelid = c.oid and not tgisinternal)
    or (c.relkind = 'r' and exists (select 1 from pg_rewrite where ev_class = c.oid)),
  'parents', (select coalesce(json_agg(${NAME("up.oid")} order by depth), '[]') from up
    where root = c.oid and up.oid <> c.oid),
  'children', (select coalesce(json_agg(${NAME("down.oid")}), '[]') from down
    where root = c.oid and down.oid <> c.oid),
  'columns', (select coalesce(json_agg(json_build_array(a.attname, json_build_object(
      'type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull,
      'used', exists (select 1 from pg_depend d where d.refclassid = 'pg_class'::regclass
        and d.refobjid = c.oid and d.refobjsubid = a.attnum)))), '[]')
    from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
  'constraints', (select coalesce(json_agg(json_build_array(
      case when k.conrelid = c.oid then k.conname else k.oid || ' in' end,
      json_build_object('kind', k.contype, 'validated', k.convalidated,
        'incoming', k.conrelid <> c.oid,
        'other', ${
    NAME("nullif(case when k.conrelid = c.oid then k.confrelid else k.conrelid end, 0)")
  },
        'check', case when k.contype = 'c' then pg_get_expr(k.conbin, k.conrelid) end))), '[]')
    from pg_constraint k where k.conrelid = c.oid or k.confrelid = c.oid)
) as facts
from named join pg_class c on c.oid = named.oid`;
}

function functionsQuery(names: readonly RelationName[]): string {
  const texts = [...new Set(names.map(({ name }) => name))];
  // Whichever of them is called, it does no more than the worst. One in SQL may be inlined, and is
  // then what is in it.
  return `select proname as name, case when bool_or(provolatile = 'v' and lanname = 'sql') then '?'
      when bool_or(provolatile = 'v') then 'v' when bool_or(provolatile = 's') then 's' else 'i'
      end as volatility
    from pg_proc join pg_language l on l.oid = prolang
    where proname = any (array[${texts.map(literal).join(", ")}]::text[]) group by proname`;
}

function typesQuery(names: string): string {
  return `select w as written, t.typtype as kind from unnest(${names}) w
    join pg_type t on t.oid = to_regtype(w)`;
}

interface Row extends Omit<RelationFacts, "columns" | "constraints" | "bytes" | "table"> {
  readonly bytes: number | null;
  readonly table: string | null;
  readonly columns:
    readonly (readonly [string, { type: string; notNull: boolean; used: boolean }])[];
  readonly constraints: readonly (readonly [string, {
    kind: string;
    validated: boolean;
    incoming: boolean;
    other: string | null;
    check: string | null;
  }])[];
}

function toFacts(value: unknown): RelationFacts {
  // The shape is that of the query above.
  const row = (typeof value === "string" ? JSON.parse(value) : value) as Row;
  return {
    ...row,
    bytes: row.bytes ?? undefined,
    table: row.table ?? undefined,
    columns: new Map(row.columns),
    constraints: new Map(row.constraints.map(([name, { check, other, ...rest }]) => [
      name,
      { ...rest, other: other ?? undefined, check: check ?? undefined },
    ])),
  };
}
