import { finding, judgeSubcommand, labelOf } from "./alter_table.ts";
import type { Catalog, RelationName } from "./catalog.ts";
import { isVolatile, mayAct } from "./expression.ts";
import { type Finding, type Lock, LOCK_MODES, type LockMode, type RuleCode } from "./finding.ts";
import {
  child,
  children,
  hasOption,
  nameOfParts,
  relationOf,
  text,
  type Tree,
  unwrap,
  walk,
} from "./tree.ts";

const AE = "ACCESS EXCLUSIVE";
const NONE_MODE = "in a file with -- atlas:txmode none";

/** Statements that take no lock on a table that was there before. */
const LOCKLESS: Readonly<Record<string, string>> = {
  CreateSchemaStmt: "CREATE SCHEMA",
  CreateEnumStmt: "CREATE TYPE",
  CompositeTypeStmt: "CREATE TYPE",
  CreateRangeStmt: "CREATE TYPE",
  CreateDomainStmt: "CREATE DOMAIN",
  AlterEnumStmt: "ALTER TYPE",
  CreateFunctionStmt: "CREATE FUNCTION",
  CreateSeqStmt: "CREATE SEQUENCE",
  VariableSetStmt: "SET",
  VariableShowStmt: "SHOW",
};

/** Judges a statement by its parse tree: one finding for each command in it. */
export function judgeTree(node: unknown, catalog: Catalog): readonly Finding[] {
  const [kind, body] = unwrap(node);
  if (kind === "CreateSchemaStmt" && children(body, "schemaElts").length > 0) {
    return [unknown("CREATE SCHEMA with objects")];
  }
  const lockless = LOCKLESS[kind];
  if (lockless !== undefined) return [without("no_lock", lockless)];
  const judge = JUDGES[kind];
  return judge === undefined
    ? [unknown(kind.replace(/Stmt$/, "").replace(/(?<=[a-z])(?=[A-Z])/g, " ").toUpperCase())]
    : judge(body, catalog);
}

/** A finding for what cannot be judged, with the reason. */
export function unknown(what: string, locks: readonly Lock[] = []): Finding {
  return { rule: "unknown", what, locks, rewrites: "maybe", scans: "maybe" };
}

type Judge = (body: Tree, catalog: Catalog) => readonly Finding[];

const JUDGES: Readonly<Record<string, Judge>> = {
  AlterTableStmt: alterTable,
  IndexStmt: createIndex,
  DropStmt: drop,
  ReindexStmt: reindex,
  ClusterStmt: (body, catalog) => {
    if (body["relation"] === undefined) return [unknown("CLUSTER of every table")];
    const own = on(child(body, "relation"), catalog, ["cluster", "CLUSTER", AE]);
    return [{ ...own, rewrites: "yes", scans: "maybe", advice: "Do it in a quiet hour" }];
  },
  VacuumStmt: vacuum,
  RefreshMatViewStmt: refresh,
  TruncateStmt: truncate,
  RenameStmt: rename,
  AlterObjectSchemaStmt: (body, catalog) =>
    body["objectType"] === "OBJECT_TABLE"
      ? [on(child(body, "relation"), catalog, ["rename", "SET SCHEMA", AE])]
      : [unknown("SET SCHEMA")],
  CreateTrigStmt: (body, catalog) => [
    on(child(body, "relation"), catalog, ["trigger", "CREATE TRIGGER", "SHARE ROW EXCLUSIVE"]),
  ],
  CreatePolicyStmt: (body, catalog) => [
    on(child(body, "table"), catalog, ["policy", "CREATE POLICY", AE]),
  ],
  LockStmt: lockTable,
  CommentStmt: comment,
  CreateStmt: createTable,
  UpdateStmt: (body, catalog) => change(body, catalog, "UPDATE"),
  DeleteStmt: (body, catalog) => change(body, catalog, "DELETE"),
  InsertStmt: insert,
  SelectStmt: select,
  ViewStmt: createView,
};

function alterTable(body: Tree, catalog: Catalog): readonly Finding[] {
  const name = relationOf(child(body, "relation"));
  const label = labelOf(name, catalog);
  if (body["objtype"] !== "OBJECT_TABLE") return [unknown(`ALTER of ${label}`)];
  const facts = catalog.relation(name);
  return children(body, "cmds").map((command) =>
    judgeSubcommand(command, { name, label, facts, catalog })
  );
}

function createIndex(body: Tree, catalog: Catalog): readonly Finding[] {
  const relation = child(body, "relation");
  const words = body["unique"] === true ? "CREATE UNIQUE INDEX" : "CREATE INDEX";
  if (body["concurrent"] === true) {
    const own = on(relation, catalog, [
      "create_index_concurrently",
      `${words} CONCURRENTLY`,
      "SHARE UPDATE EXCLUSIVE",
    ]);
    return [{ ...own, scans: "yes" }];
  }
  const own = on(relation, catalog, ["create_index", words, "SHARE"]);
  const only = relation["inh"] !== true &&
    catalog.relation(relationOf(relation))?.kind === "p";
  const advice = `use CREATE INDEX CONCURRENTLY ${NONE_MODE}`;
  return [{ ...own, scans: only ? "no" : "yes", ...(only ? {} : { advice }) }];
}

function drop(body: Tree, catalog: Catalog): readonly Finding[] {
  const type = text(body, "removeType").replace(/^OBJECT_/, "");
  const names = children(body, "objects").map((object) =>
    nameOfParts(children(unwrap(object)[1], "items"))
  );
  if (body["behavior"] === "DROP_CASCADE") {
    return [unknown(`DROP ${type} … CASCADE, which drops what depends on it`)];
  }
  if (type === "INDEX") return names.map((name) => dropIndex(name, { body, catalog }));
  if (type === "TABLE" || type === "VIEW" || type === "MATVIEW") {
    return names.map((name) => {
      const facts = catalog.relation(name);
      const label = labelOf(name, catalog);
      const words = type === "MATVIEW" ? "DROP MATERIALIZED VIEW" : `DROP ${type}`;
      if (facts?.stale || (facts === undefined && body["missing_ok"] !== true)) {
        return unknown(`${words} ${label}`);
      }
      // The triggers of a foreign key stand on both tables.
      const others = [...facts?.constraints.values() ?? []].flatMap(({ kind, other }) =>
        kind === "f" && other !== undefined && other !== label ? [other] : []
      );
      const related = [...new Set([...others, ...facts?.parents ?? [], ...facts?.children ?? []])];
      return {
        ...finding({ label }, "drop_table", words, AE),
        locks: [label, ...related].map((relation) => ({ relation, mode: AE })),
      };
    });
  }
  return [unknown(`DROP ${type}`)];
}

function dropIndex(
  name: RelationName,
  { body, catalog }: { readonly body: Tree; readonly catalog: Catalog },
): Finding {
  const index = catalog.relation(name);
  const label = labelOf(name, catalog);
  if (index?.table === undefined) return unknown(`DROP INDEX ${label}, which is not there yet`);
  if (body["concurrent"] === true) {
    return finding(
      { label: index.table },
      ...[
        "drop_index_concurrently",
        `DROP INDEX CONCURRENTLY ${label}`,
        "SHARE UPDATE EXCLUSIVE",
      ] as const,
    );
  }
  return {
    ...finding({ label: index.table }, "drop_index", `DROP INDEX ${label}`, AE),
    advice: `use DROP INDEX CONCURRENTLY ${NONE_MODE}`,
  };
}

function reindex(body: Tree, catalog: Catalog): readonly Finding[] {
  const named = child(body, "relation");
  const kind = text(body, "kind");
  if (kind !== "REINDEX_OBJECT_TABLE" && kind !== "REINDEX_OBJECT_INDEX") {
    return [unknown("REINDEX of a schema or database")];
  }
  const facts = catalog.relation(relationOf(named));
  const table = kind === "REINDEX_OBJECT_INDEX" ? facts?.table : facts?.name;
  if (table === undefined) return [unknown("REINDEX of what is not there yet")];
  if (hasOption(children(body, "params"), "concurrently")) {
    return [{
      ...finding({ label: table }, "reindex_concurrently", "REINDEX CONCURRENTLY", SUE),
      scans: "yes",
    }];
  }
  const own = finding({ label: table }, "reindex", "REINDEX", "SHARE");
  // Every query opens every index of its tables, and so waits even where it would not use it.
  const index: readonly Lock[] = kind === "REINDEX_OBJECT_INDEX" && facts !== undefined
    ? [{ relation: facts.name, mode: AE }]
    : [];
  return [{
    ...own,
    locks: [...own.locks, ...index],
    scans: "yes",
    advice: `use REINDEX CONCURRENTLY ${NONE_MODE}`,
  }];
}

const SUE = "SHARE UPDATE EXCLUSIVE";

function vacuum(body: Tree, catalog: Catalog): readonly Finding[] {
  const relations = children(body, "rels").map((rel) => child(unwrap(rel)[1], "relation"));
  if (relations.length === 0) return [unknown("VACUUM or ANALYZE of every table")];
  const isVacuum = body["is_vacuumcmd"] === true;
  if (isVacuum && hasOption(children(body, "options"), "full")) {
    return relations.map((relation) => ({
      ...on(relation, catalog, ["vacuum_full", "VACUUM FULL", AE]),
      rewrites: "yes",
      scans: "yes",
      advice: "use VACUUM, or pg_repack",
    }));
  }
  const words = isVacuum ? "VACUUM" : "ANALYZE";
  return relations.map((relation) => ({
    ...on(relation, catalog, ["vacuum", words, SUE]),
    scans: "maybe",
  }));
}

function refresh(body: Tree, catalog: Catalog): readonly Finding[] {
  const relation = child(body, "relation");
  const facts = catalog.relation(relationOf(relation));
  if (facts === undefined) return [unknown("REFRESH of a view that is not there yet")];
  if (body["concurrent"] === true) {
    return [{
      ...on(relation, catalog, [
        "refresh_concurrently",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY",
        "EXCLUSIVE",
      ]),
      scans: "yes",
    }];
  }
  return [{
    ...on(relation, catalog, ["refresh", "REFRESH MATERIALIZED VIEW", AE]),
    rewrites: "yes",
    scans: "yes",
    advice: "use REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index",
  }];
}

function truncate(body: Tree, catalog: Catalog): readonly Finding[] {
  if (body["behavior"] === "DROP_CASCADE") {
    return [unknown("TRUNCATE … CASCADE, which empties what refers to it")];
  }
  // The file is replaced by an empty one: at once, whatever the size.
  return children(body, "relations").map((relation) => ({
    ...on(unwrap(relation)[1], catalog, ["truncate", "TRUNCATE", AE]),
  }));
}

function rename(body: Tree, catalog: Catalog): readonly Finding[] {
  const type = text(body, "renameType");
  if (!["OBJECT_TABLE", "OBJECT_COLUMN", "OBJECT_TABCONSTRAINT"].includes(type)) {
    return [unknown(`RENAME of ${type.replace("OBJECT_", "")}`)];
  }
  return [on(child(body, "relation"), catalog, ["rename", "RENAME", AE])];
}

function lockTable(body: Tree, catalog: Catalog): readonly Finding[] {
  const mode = LOCK_MODES[Number(body["mode"]) - 1];
  if (mode === undefined) return [unknown("LOCK TABLE")];
  return children(body, "relations").map((relation) =>
    on(unwrap(relation)[1], catalog, ["lock_table", "LOCK TABLE", mode])
  );
}

function comment(body: Tree, catalog: Catalog): readonly Finding[] {
  const type = text(body, "objtype");
  const parts = children(unwrap(body["object"])[1], "items");
  if (type === "OBJECT_TABLE" || type === "OBJECT_COLUMN") {
    const name = nameOfParts(type === "OBJECT_COLUMN" ? parts.slice(0, -1) : parts);
    return [finding({ label: labelOf(name, catalog) }, "comment", "COMMENT", SUE)];
  }
  return type === "OBJECT_SCHEMA" ? [without("comment", "COMMENT")] : [unknown("COMMENT")];
}

function createTable(body: Tree, catalog: Catalog): readonly Finding[] {
  const relation = relationOf(child(body, "relation"));
  const locks: Lock[] = [];
  const parentMode = body["partbound"] === undefined ? SUE : AE;
  for (const parent of children(body, "inhRelations")) {
    const name = relationOf(unwrap(parent)[1]);
    const facts = catalog.relation(name);
    if (facts?.stale || (facts?.children.length ?? 0) > 0) {
      return [unknown("CREATE TABLE under a table that has partitions or children")];
    }
    locks.push({ relation: labelOf(name, catalog), mode: parentMode });
  }
  for (const [kind, part] of walk([body["tableElts"], body["constraints"]])) {
    if (kind === "pktable") {
      const other = labelOf(relationOf(part), catalog);
      if (other !== labelOf(relation, catalog)) {
        locks.push({ relation: other, mode: "SHARE ROW EXCLUSIVE" });
      }
    } else if (kind === "TableLikeClause") {
      const other = labelOf(relationOf(child(part, "relation")), catalog);
      locks.push({ relation: other, mode: "ACCESS SHARE" });
    }
  }
  return [{ ...without("create_table", `CREATE TABLE ${labelOf(relation, catalog)}`), locks }];
}

function change(body: Tree, catalog: Catalog, words: string): readonly Finding[] {
  const relation = child(body, "relation");
  const fault = writeFault(body, catalog);
  const own = on(relation, catalog, ["all_rows", words, "ROW EXCLUSIVE"]);
  if (fault !== undefined) return [unknown(`${own.what}: ${fault}`, own.locks)];
  if (body["whereClause"] !== undefined) {
    return [{ ...own, rule: "some_rows", scans: "maybe" }];
  }
  return [{
    ...own,
    what: `${words} of every row of ${labelOf(relationOf(relation), catalog)}`,
    scans: "yes",
    advice: "Do it in batches: each row stays locked to the end of the transaction",
  }];
}

function insert(body: Tree, catalog: Catalog): readonly Finding[] {
  const own = on(child(body, "relation"), catalog, ["insert", "INSERT", "ROW EXCLUSIVE"]);
  const fault = writeFault(body, catalog);
  return fault === undefined ? [own] : [unknown(`${own.what}: ${fault}`, own.locks)];
}

/** Why nobody can say what writing rows sets going. */
function writeFault(body: Tree, catalog: Catalog): string | undefined {
  const facts = catalog.relation(relationOf(child(body, "relation")));
  if (facts === undefined) return "the table is not there yet";
  if (facts.stale) return "an earlier statement changes the table";
  if (facts.triggers) return "triggers run";
  if ([...facts.constraints.values()].some(({ kind }) => kind === "f")) {
    return "foreign keys read or change other tables";
  }
  if (facts.kind !== "r") return "it is no plain table";
  if (mayAct(body, catalog)) return "it calls functions";
  for (const [kind] of walk(body)) {
    if (["SubLink", "withClause", "fromClause", "usingClause", "fromClause"].includes(kind)) {
      return "it reads other tables";
    }
  }
  return children(body, "fromClause").length + children(body, "usingClause").length > 0 ||
      children(child(child(body, "selectStmt"), "SelectStmt"), "fromClause").length > 0
    ? "it reads other tables"
    : undefined;
}

function select(body: Tree, catalog: Catalog): readonly Finding[] {
  if (body["intoClause"] !== undefined) return [unknown("SELECT INTO")];
  if (mayAct(body, catalog)) return [unknown("SELECT of a function that may do anything")];
  if (isVolatile(body, catalog) === "yes") return [unknown("SELECT")];
  const locks: Lock[] = [];
  for (const [kind, part] of walk(body)) {
    if (kind === "withClause" || kind === "LockingClause") return [unknown("SELECT")];
    if (kind !== "RangeVar") continue;
    const facts = catalog.relation(relationOf(part));
    if (facts?.kind !== "r") return [unknown("SELECT from what is no plain table")];
    locks.push({ relation: facts.name, mode: "ACCESS SHARE" });
  }
  return [{ ...without("read", "SELECT"), locks, scans: locks.length > 0 ? "maybe" : "no" }];
}

function createView(body: Tree, catalog: Catalog): readonly Finding[] {
  if (body["replace"] === true) return [unknown("CREATE OR REPLACE VIEW")];
  const [read] = select(unwrap(body["query"])[1], catalog);
  if (read === undefined || read.rule === "unknown") return [unknown("CREATE VIEW")];
  return [{ ...without("create_view", "CREATE VIEW"), locks: read.locks }];
}

function on(
  rangeVar: Tree,
  catalog: Catalog,
  [rule, words, mode]: readonly [RuleCode, string, LockMode],
): Finding {
  return finding({ label: labelOf(relationOf(rangeVar), catalog) }, rule, words, mode);
}

function without(rule: RuleCode, what: string): Finding {
  return { rule, what, locks: [], rewrites: "no", scans: "no" };
}
