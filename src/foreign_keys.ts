/** A foreign key, as Atlas writes it. */
export interface ForeignKey {
  /** The schema of its own table. */
  readonly schema: string;
  /** Its own table, quoted, with the schema. */
  readonly table: string;
  /** Its name, quoted. */
  readonly name: string;
  /** The table that it leads to: schema and name, quoted. */
  readonly target: { readonly schema: string; readonly name: string };
  /** All of it, from `CONSTRAINT` on. */
  readonly clause: string;
}

// Atlas quotes every name that it writes (Atlas' `sql/postgres`, `Build`).
const NAME = `"(?:[^"]|"")+"`;
const COLUMNS = `\\(${NAME}(?:, ${NAME})*\\)`;
const TABLE = new RegExp(`^(?:CREATE|ALTER) TABLE (${NAME})\\.(${NAME})`);
const CLAUSE = new RegExp(
  `CONSTRAINT (${NAME}) FOREIGN KEY ${COLUMNS} REFERENCES (${NAME})\\.(${NAME}) ${COLUMNS}` +
    `(?: ON (?:UPDATE|DELETE) (?:NO ACTION|RESTRICT|CASCADE|SET NULL|SET DEFAULT))*`,
  "g",
);

/** The foreign keys in the statements of a state that Atlas wrote. */
export function readForeignKeys(statements: readonly string[]): readonly ForeignKey[] {
  return statements.flatMap((text) => {
    const [, schema = "", table = ""] = TABLE.exec(text) ?? [];
    if (schema === "") return [];
    return [...text.matchAll(CLAUSE)].map(([clause, name = "", other = "", target = ""]) => ({
      schema: unquoted(schema),
      table: `${schema}.${table}`,
      name,
      target: { schema: other, name: target },
      clause,
    }));
  });
}

/**
 * The foreign keys that lead to a table of the same name in another schema than before. Atlas does
 * not see that they have changed: it compares the names of tables without their schemas (verified
 * with 1.2.3), and tables of the same name in several layers are the rule here.
 */
export function findMoved(
  present: readonly ForeignKey[],
  desired: readonly ForeignKey[],
): readonly ForeignKey[] {
  const before = new Map(present.map((key) => [`${key.table} ${key.name}`, key.target]));
  return desired.filter(({ name, table, target }) => {
    const was = before.get(`${table} ${name}`);
    return was !== undefined && was.name === target.name && was.schema !== target.schema;
  });
}

/**
 * A file that Atlas wrote, with the foreign keys made anew that it has passed over: after all that
 * they may need, and before any table is dropped that they led to.
 */
export function withMoved(text: string, moved: readonly ForeignKey[]): string {
  const left = moved.filter(({ name, table }) => !isMadeAnew(text, { name, table }));
  if (left.length === 0) return text;
  const statements = left.map(({ clause, name, table }) =>
    `-- Modify ${table.slice(table.indexOf(".") + 1)} table\n` +
    `ALTER TABLE ${table} DROP CONSTRAINT ${name}, ADD ${clause};\n`
  ).join("");
  const drop = /^(?:-- [^\n]*\n)?DROP TABLE /m.exec(text);
  const at = drop?.index ?? text.length;
  return text.slice(0, at) + statements + text.slice(at);
}

/** Whether a file makes a foreign key anew by itself, since more of it has changed. */
function isMadeAnew(text: string, { name, table }: Pick<ForeignKey, "name" | "table">): boolean {
  return text.split("\n").some((line) =>
    line.startsWith(`ALTER TABLE ${table} `) && line.includes(`DROP CONSTRAINT ${name}`)
  );
}

function unquoted(name: string): string {
  return name.slice(1, -1).replaceAll('""', '"');
}
