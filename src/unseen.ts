/** Something in a declaration that Atlas' community edition passes over in silence. */
export interface Unseen {
  /** As people call it: `view`, `function`. */
  readonly kind: string;
  /** As it is written: `silver.exposed_machines`. */
  readonly name: string;
}

const PART = `(?:"(?:[^"]|"")+"|[\\p{L}_][\\p{L}\\p{N}_$]*)`;
const NAME = `(${PART}(?:\\.${PART})*)`;
const KINDS: readonly (readonly [string, RegExp])[] = [
  ["view", statement(`(?:or\\s+replace\\s+)?(?:temp(?:orary)?\\s+)?(?:recursive\\s+)?view`)],
  ["materialized view", statement("materialized\\s+view\\s*(?:if\\s+not\\s+exists)?")],
  ["function", statement("(?:or\\s+replace\\s+)?function")],
  ["procedure", statement("(?:or\\s+replace\\s+)?procedure")],
  ["aggregate", statement("(?:or\\s+replace\\s+)?aggregate")],
  ["trigger", statement("(?:or\\s+replace\\s+)?(?:constraint\\s+)?trigger")],
  ["event trigger", statement("event\\s+trigger")],
  ["rule", statement("(?:or\\s+replace\\s+)?rule")],
  ["policy", statement("policy")],
  ["domain", statement("domain")],
  [
    "sequence",
    statement("(?:temp(?:orary)?\\s+|unlogged\\s+)?sequence\\s*(?:if\\s+not\\s+exists)?"),
  ],
  ["extension", statement("extension\\s*(?:if\\s+not\\s+exists)?")],
  ["composite type", statement("type", "\\s+as\\s*\\(")],
  ["range type", statement("type", "\\s+as\\s+range\\b")],
  ["partition", statement("table\\s*(?:if\\s+not\\s+exists)?", "\\s+partition\\s+of\\b")],
  ["foreign table", statement("foreign\\s+table\\s*(?:if\\s+not\\s+exists)?")],
  ["statistics", statement("statistics\\s*(?:if\\s+not\\s+exists)?")],
];

/**
 * Finds what Atlas does not compare in the statements of a declared schema: it executes them, and
 * then looks at tables, indexes, constraints, comments and enum types alone, and at a partitioned
 * table without its partitions.
 */
export function findUnseen(statements: readonly string[]): readonly Unseen[] {
  return statements.flatMap((text) => {
    for (const [kind, pattern] of KINDS) {
      const name = pattern.exec(text)?.[1];
      if (name !== undefined) return [{ kind, name }];
    }
    return [];
  });
}

/** The same for the text of an HCL file. */
export function findUnseenInHcl(text: string): readonly Unseen[] {
  const blocks =
    /^(view|materialized|function|procedure|aggregate|trigger|event_trigger|policy|domain|sequence|extension)\s+"([^"]+)"(?:\s+"([^"]+)")?\s*\{/gm;
  return [...text.matchAll(blocks)].map(([, kind = "", first = "", second]) => ({
    kind: kind === "materialized" ? "materialized view" : kind.replace("_", " "),
    name: second ?? first,
  }));
}

/** All of them in one line: `2 views (silver.a, silver.b), 1 function (silver.f)`. */
export function describeUnseen(unseen: readonly Unseen[]): string {
  const kinds = Map.groupBy(unseen, ({ kind }) => kind);
  return [...kinds].map(([kind, items]) => {
    const names = items.map(({ name }) => name).join(", ");
    return `${items.length} ${items.length === 1 ? kind : plural(kind)} (${names})`;
  }).join(", ");
}

function plural(kind: string): string {
  if (kind.endsWith("s")) return kind;
  return kind.endsWith("y") ? `${kind.slice(0, -1)}ies` : `${kind}s`;
}

function statement(what: string, behind = ""): RegExp {
  return new RegExp(`^create\\s+${what}\\s+${NAME}${behind}`, "iu");
}
