import { identifier, literal } from "./quote.ts";
import { qualified, type RevisionsTable } from "./revisions.ts";
import type { Session } from "./session.ts";

/** What a role needs in order to migrate. */
export interface NeededRights {
  readonly table: RevisionsTable;
  /** The schemas in which it creates, those that exist; of the others it is not asked. */
  readonly schemas: readonly string[];
  /**
   * Whether something will be created in the database itself: a schema, an extension. Where that is
   * not known, it will be if one of the schemas is missing.
   */
  readonly createsSchemas: boolean | undefined;
}

/** A right that is missing, in words and as the statement that grants it. */
export interface MissingRight {
  readonly what: string;
  readonly grant: string;
}

/** Finds the rights that the role of a session lacks. */
export async function findMissingRights(
  session: Session,
  { createsSchemas, schemas, table }: NeededRights,
): Promise<readonly MissingRight[]> {
  const names = [...new Set([...schemas, table.schema])];
  const [own] = await session.query(`select current_user as role, current_database() as database,
    has_database_privilege(current_database(), 'CREATE') as creates`);
  const role = identifier(String(own?.["role"]));
  const rows = await session.query(
    `select nspname as schema, has_schema_privilege(oid, 'USAGE') as uses,
      has_schema_privilege(oid, 'CREATE') as creates
    from pg_namespace where nspname in (${names.map(literal).join(", ")}) order by 1`,
  );
  const missing: MissingRight[] = [];
  const creates = createsSchemas ??
    schemas.some((name) => rows.every(({ schema }) => schema !== name));
  const hasHome = rows.some(({ schema }) => schema === table.schema);
  if (own?.["creates"] !== true && (creates || !hasHome)) {
    const database = identifier(String(own?.["database"]));
    missing.push({
      what: "create a schema in the database",
      grant: `grant create on database ${database} to ${role};`,
    });
  }
  for (const { creates, schema, uses } of rows) {
    const name = String(schema);
    const creating = schemas.includes(name) || !table.exists;
    const lacks = [...uses ? [] : ["usage"], ...creating && !creates ? ["create"] : []];
    if (lacks.length === 0) continue;
    missing.push({
      what: `${lacks.includes("create") ? "create in" : "use"} schema ${identifier(name)}`,
      grant: `grant ${lacks.join(", ")} on schema ${identifier(name)} to ${role};`,
    });
  }
  if (table.exists) missing.push(...await missingOnTable(session, { role, table }));
  return missing;
}

async function missingOnTable(
  session: Session,
  { role, table }: { readonly role: string; readonly table: RevisionsTable },
): Promise<readonly MissingRight[]> {
  const verbs = ["select", "insert", "update"];
  const [row] = await session.query(
    `select ${
      verbs.map((verb) => `has_table_privilege(c.oid, '${verb}') as "${verb}"`).join(", ")
    } from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${literal(table.schema)} and c.relname = 'atlas_schema_revisions'`,
  );
  const lacks = verbs.filter((verb) => row?.[verb] !== true);
  return lacks.length === 0 ? [] : [{
    what: `${lacks.join(", ")} in the history`,
    grant: `grant ${lacks.join(", ")} on ${qualified(table)} to ${role};`,
  }];
}

/** What belongs to a role whose rights the session's role does not have. */
export interface ForeignOwner {
  readonly owner: string;
  readonly schema: string;
  readonly count: number;
}

/** Finds who owns tables, views, sequences and functions of some schemas that our role may not alter. */
export async function findForeignOwners(
  session: Session,
  schemas: readonly string[],
): Promise<readonly ForeignOwner[]> {
  if (schemas.length === 0) return [];
  const rows = await session.query(`
    select pg_get_userbyid(owner) as owner, n.nspname as schema, count(*)::int as count
    from (
      select relowner as owner, relnamespace as namespace from pg_class
        where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      union all select proowner, pronamespace from pg_proc
    ) as o join pg_namespace n on n.oid = o.namespace
    where n.nspname in (${schemas.map(literal).join(", ")}) and not pg_has_role(owner, 'USAGE')
    group by 1, 2 order by 2, 1`);
  return rows.map(({ count, owner, schema }) => ({
    owner: String(owner),
    schema: String(schema),
    count: Number(count),
  }));
}
