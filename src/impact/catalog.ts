/** A relation as a statement names it; without a schema the search path decides. */
export interface RelationName {
  readonly schema: string | undefined;
  readonly name: string;
}

/** What the catalog says about a relation. */
export interface RelationFacts {
  /** With its schema, quoted where it must be: `silver.machine`. */
  readonly name: string;
  /** `pg_class.relkind`: `r` table, `p` partitioned, `i` and `I` index, `v` view, `m` materialized. */
  readonly kind: string;
  /** The table with indexes, TOAST and partitions; nothing where it could not be learnt. */
  readonly bytes: number | undefined;
  /** The table of an index. */
  readonly table: string | undefined;
  readonly columns: ReadonlyMap<string, ColumnFacts>;
  readonly constraints: ReadonlyMap<string, ConstraintFacts>;
  /** Whether triggers or rules of users run when rows change. */
  readonly triggers: boolean;
  /** The tables that this one is a partition or child of, the nearest first. */
  readonly parents: readonly string[];
  /** Whether the same run has changed it before, so that columns and constraints are not known. */
  readonly stale?: true;
  /** The partitions and children, near and far. */
  readonly children: readonly string[];
}

/** What the catalog says about a column. */
export interface ColumnFacts {
  /** As `format_type` writes it: `character varying(20)`. */
  readonly type: string;
  readonly notNull: boolean;
  /** Whether indexes, constraints, statistics or other objects name it. */
  readonly used: boolean;
}

/** What the catalog says about a constraint. */
export interface ConstraintFacts {
  /** `pg_constraint.contype`: `c` check, `f` foreign key, `p`, `u`, `x`, `n` not null. */
  readonly kind: string;
  readonly validated: boolean;
  /** The other table of a foreign key, whichever side this one is on. */
  readonly other: string | undefined;
  /** Whether the other table refers to this one. */
  readonly incoming: boolean;
  /** The text of a check: `(x IS NOT NULL)`. */
  readonly check: string | undefined;
}

/** What statements are judged by. */
export interface Catalog {
  relation(name: RelationName): RelationFacts | undefined;
  /** `pg_proc.provolatile` of a function, the worst of those that share the name. */
  volatility(name: RelationName): "i" | "s" | "v" | undefined;
  /** `pg_type.typtype` of a type: `d` is a domain. */
  typeKind(name: RelationName): string | undefined;
}

/** How a relation is written in a message: `silver.machine`, `"odd name"`. */
export function writtenName({ name, schema }: RelationName): string {
  return schema === undefined ? quoted(name) : `${quoted(schema)}.${quoted(name)}`;
}

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
