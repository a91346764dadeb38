/** What one statement that Atlas wrote does, as far as it matters before it is published. */
export interface GeneratedStatement {
  readonly text: string;
  /** The schema that it works on; nothing when that cannot be told. */
  readonly schema: string | undefined;
  /** What it takes away, if it takes data away. */
  readonly drops: "schema" | "table" | "column" | undefined;
}

// Atlas quotes every name that it writes (Atlas' `sql/postgres`, `Build`).
const NAME = `"((?:[^"]|"")+)"`;
const OBJECT = new RegExp(
  `^(?:CREATE|ALTER|DROP) (?:TABLE|TYPE|SEQUENCE|INDEX(?: CONCURRENTLY)?) (?:IF (?:NOT )?EXISTS )?${NAME}\\.`,
);
const INDEX = new RegExp(
  `^CREATE (?:UNIQUE )?INDEX (?:CONCURRENTLY )?(?:IF NOT EXISTS )?${NAME} ON (?:ONLY )?${NAME}\\.`,
);
const SCHEMA = new RegExp(`^(?:CREATE|DROP|ALTER) SCHEMA (?:IF (?:NOT )?EXISTS )?${NAME}`);
const COMMENT = new RegExp(
  `^COMMENT ON (?:TABLE|COLUMN|INDEX|TYPE|CONSTRAINT ${NAME} ON) ${NAME}\\.`,
);
const COMMENT_ON_SCHEMA = new RegExp(`^COMMENT ON SCHEMA ${NAME}`);

/** Reads the statements of a file that Atlas generated. */
export function readGenerated(statements: readonly string[]): readonly GeneratedStatement[] {
  return statements.map((text) => ({ text, schema: schemaOf(text), drops: dropOf(text) }));
}

/**
 * The schemas that statements create, in any spelling that people use. One that is created for a role
 * alone has the role's name.
 */
export function schemasCreated(statements: readonly string[]): readonly string[] {
  const pattern =
    /^create\s+schema\s+(?:if\s+not\s+exists\s+)?(?:authorization\s+)?(?:"((?:[^"]|"")+)"|([\p{L}_][\p{L}\p{N}_$]*))/iu;
  return statements.flatMap((text) => {
    const found = pattern.exec(text);
    if (found === null) return [];
    return [found[1]?.replaceAll('""', '"') ?? (found[2] ?? "").toLowerCase()];
  });
}

function schemaOf(text: string): string | undefined {
  const found = SCHEMA.exec(text) ?? COMMENT_ON_SCHEMA.exec(text) ?? OBJECT.exec(text);
  const name = found?.[1] ?? INDEX.exec(text)?.[2] ?? COMMENT.exec(text)?.[2];
  return name?.replaceAll('""', '"');
}

function dropOf(text: string): GeneratedStatement["drops"] {
  if (/^DROP SCHEMA /.test(text)) return "schema";
  if (/^DROP TABLE /.test(text)) return "table";
  // What stands in a literal or a name is no clause; whichever opens first holds the other's quotes.
  const clauses = text.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, '""');
  return /^ALTER TABLE .*\bDROP COLUMN /s.test(clauses) ? "column" : undefined;
}
