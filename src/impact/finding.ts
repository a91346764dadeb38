/** The lock modes of PostgreSQL on a relation, the weakest first. */
export const LOCK_MODES = [
  "ACCESS SHARE",
  "ROW SHARE",
  "ROW EXCLUSIVE",
  "SHARE UPDATE EXCLUSIVE",
  "SHARE",
  "SHARE ROW EXCLUSIVE",
  "EXCLUSIVE",
  "ACCESS EXCLUSIVE",
] as const;

/** One of them. */
export type LockMode = (typeof LOCK_MODES)[number];

/** A lock on a relation, named as `silver.machine`. */
export interface Lock {
  readonly relation: string;
  readonly mode: LockMode;
}

/** Whether something happens; `maybe` where it depends on what cannot be seen from here. */
export type Certainty = "no" | "maybe" | "yes";

/** What one command of a statement does to those who work with the database. */
export interface Finding {
  /** The stable code of the rule: see `RULES`. */
  readonly rule: RuleCode;
  /** The command in few words: `CREATE INDEX on silver.machine`. */
  readonly what: string;
  /**
   * The locks on tables and views that were there before, the first the one it is about; what a
   * materialized view is filled from is read besides.
   */
  readonly locks: readonly Lock[];
  /** Whether the file of a table is written anew. */
  readonly rewrites: Certainty;
  /** Whether all rows of a table are read, which takes as long as it is large. */
  readonly scans: Certainty;
  /** One instruction: what to do instead. Nothing where there is nothing better. */
  readonly advice?: string;
}

/** Who has to wait while a command works: for a moment, or for as long as the table is large. */
export type Effect =
  | "nothing"
  | "brief"
  | "slow"
  | "blocks_writes"
  | "blocks_reads_and_writes"
  | "unknown";

/** What a command does to others, from its locks and from how long it holds them. */
export function effectOf(finding: Finding): Effect {
  if (finding.rule === "unknown") return "unknown";
  const strongest = Math.max(-1, ...finding.locks.map(({ mode }) => LOCK_MODES.indexOf(mode)));
  const long = finding.rewrites !== "no" || finding.scans !== "no" ||
    finding.rule === "lock_table";
  if (!long) return strongest >= LOCK_MODES.indexOf("SHARE") ? "brief" : "nothing";
  if (strongest === LOCK_MODES.indexOf("ACCESS EXCLUSIVE")) return "blocks_reads_and_writes";
  if (strongest >= LOCK_MODES.indexOf("SHARE") || finding.rule === "all_rows") {
    return "blocks_writes";
  }
  return "slow";
}

/** Every rule by its stable code, with what it is about. */
export const RULES = {
  unknown: "cannot be judged, and is never called safe",
  no_lock: "creates or changes something that nobody else uses yet, or takes no lock on a table",
  new_table: "works on a table that the same run creates, which nobody else sees",
  create_table: "a new table, and the tables that it refers to, hangs under or copies",
  add_column: "a column without default, or with one that is the same for all rows",
  add_column_rewrite: "a column whose value is computed for each row",
  add_column_scan: "a column with NOT NULL or CHECK, which is checked against every row",
  add_column_index: "a column that is unique, for which an index is built",
  create_view: "a view over tables",
  drop_column: "a column goes; its data stay on disk",
  alter_type: "another type for a column",
  set_not_null: "NOT NULL for a column that has rows",
  alter_column: "a default, DROP NOT NULL and other words about a column",
  column_setting: "statistics and options of a column",
  add_check: "a CHECK, checked against every row",
  add_not_valid: "a constraint for new rows alone",
  add_foreign_key: "a foreign key, checked against every row of both tables",
  validate_constraint: "the check of a constraint that was added NOT VALID",
  add_unique: "PRIMARY KEY or UNIQUE, for which an index is built",
  add_using_index: "PRIMARY KEY or UNIQUE from an index that is there",
  add_exclude: "EXCLUDE, for which an index is built",
  drop_constraint: "a constraint goes",
  create_index: "an index is built while writers wait",
  create_index_concurrently: "an index is built while nobody waits",
  drop_index: "an index goes",
  drop_index_concurrently: "an index goes while nobody waits",
  reindex: "an index is built anew while others wait",
  reindex_concurrently: "an index is built anew while nobody waits",
  move_table: "SET TABLESPACE, SET LOGGED, SET UNLOGGED, SET ACCESS METHOD",
  cluster: "CLUSTER",
  vacuum_full: "VACUUM FULL",
  vacuum: "VACUUM and ANALYZE",
  refresh: "REFRESH MATERIALIZED VIEW",
  refresh_concurrently: "REFRESH MATERIALIZED VIEW CONCURRENTLY",
  truncate: "all rows go at once",
  drop_table: "a table, view or materialized view goes",
  rename: "another name or schema",
  attach_partition: "a table becomes a partition",
  detach_partition: "a partition becomes a table",
  detach_concurrently: "a partition becomes a table while nobody waits",
  trigger: "a trigger comes, goes, or is switched",
  table_setting: "storage parameters, CLUSTER ON",
  alter_table: "owner, row security, replica identity and the like",
  policy: "a policy of row security, or a rule",
  all_rows: "UPDATE or DELETE of every row",
  some_rows: "UPDATE or DELETE of the rows that a condition picks",
  insert: "rows are added",
  lock_table: "LOCK TABLE, held to the end of the transaction",
  comment: "COMMENT",
  read: "rows are read",
} as const;

/** The stable code of a rule. */
export type RuleCode = keyof typeof RULES;
