import type { Catalog } from "./catalog.ts";
import type { Certainty } from "./finding.ts";
import { children, nameOfParts, text, type Tree, unwrap, walk } from "./tree.ts";

/** Whether an expression may give another value for each row, so that it is computed for each. */
export function isVolatile(expression: unknown, catalog: Catalog): Certainty {
  let worst: Certainty = "no";
  for (const [kind, body] of walk(expression)) {
    if (kind === "FuncCall") {
      const volatility = catalog.volatility(nameOfParts(children(body, "funcname")));
      if (volatility === "v") return "yes";
      if (volatility === undefined) worst = "maybe";
    } else if (kind === "A_Expr" && !isPlainOperator(body)) worst = "maybe";
    else if (kind === "TypeCast" && !isBuiltin(child(body))) worst = "maybe";
    else if (kind === "SubLink" || kind === "NextValueExpr") worst = "maybe";
  }
  return worst;
}

/** Whether an expression calls functions that are not known to leave everything as it is. */
export function mayAct(expression: unknown, catalog: Catalog): boolean {
  for (const [kind, body] of walk(expression)) {
    if (kind !== "FuncCall") continue;
    const volatility = catalog.volatility(nameOfParts(children(body, "funcname")));
    if (volatility !== "i" && volatility !== "s") return true;
  }
  return false;
}

function child(body: Tree): Tree {
  const value = body["typeName"];
  return typeof value === "object" && value !== null ? value as Tree : {};
}

/** The operators of PostgreSQL itself over constants are immutable but for dates, which are stable. */
function isPlainOperator(body: Tree): boolean {
  const names = children(body, "name");
  return names.length === 1 && /^(?:[-+*\/%<>=|&#~^]+|!=|~~)$/.test(nameOfParts(names).name);
}

const BUILTIN = new Set([
  ...["text", "uuid", "date", "json", "jsonb", "bytea", "inet", "cidr", "macaddr", "money", "xml"],
  ...["timestamptz", "timetz", "int2", "int4", "int8", "float4", "float8", "bool", "oid", "name"],
  ...["tsvector", "tsquery", "point", "box", "circle", "int4range", "int8range", "numrange"],
  ...["daterange", "tsrange", "tstzrange", "regclass", "pg_lsn", "macaddr8", "numeric", "varchar"],
]);

/** Whether a type is one of PostgreSQL's own, none of which is a domain with constraints. */
export function isBuiltin(typeName: Tree): boolean {
  const { name, schema } = nameOfParts(children(typeName, "names"));
  if (schema === "pg_catalog") return true;
  return schema === undefined && BUILTIN.has(name);
}

/** The type as `format_type` would write it, where it is one whose lengths matter. */
export function typeWord(typeName: Tree): string {
  const { name } = nameOfParts(children(typeName, "names"));
  const typmods = children(typeName, "typmods").map((typmod) => {
    const [, constant] = unwrap(typmod);
    const ival = constant["ival"];
    return typeof ival === "object" && ival !== null ? Number((ival as Tree)["ival"] ?? 0) : NaN;
  });
  const array = children(typeName, "arrayBounds").length > 0 ? "[]" : "";
  return `${LONG_NAMES.get(name) ?? name}${
    typmods.length === 0 ? "" : `(${typmods.join(",")})`
  }${array}`;
}

const LONG_NAMES: ReadonlyMap<string, string> = new Map([
  ["varchar", "character varying"],
  ["bpchar", "character"],
  ["int2", "smallint"],
  ["int4", "integer"],
  ["int8", "bigint"],
  ["float4", "real"],
  ["float8", "double precision"],
  ["bool", "boolean"],
  ["timestamptz", "timestamp with time zone"],
  ["timestamp", "timestamp without time zone"],
  ["varbit", "bit varying"],
]);

/** Whether a column is `serial`, which takes its values from a sequence of its own. */
export function isSerial(typeName: Tree): boolean {
  const { name, schema } = nameOfParts(children(typeName, "names"));
  return schema === undefined && /^(?:small|big)?serial[248]?$/.test(name);
}

/** The kind of a constraint node: `CONSTR_CHECK`. */
export function constraintKind(node: unknown): string {
  return text(unwrap(node)[1], "contype");
}
