import { type Migration, type Pool, type Revision, statesOf } from "../../migrations/mod.ts";
import {
  findForeignOwners,
  findMissingRights,
  findRevisions,
  readRevisions,
  type RevisionsTable,
  ServerError,
  type Session,
} from "../../postgres/mod.ts";
import { fault, type Look, ok, some, unseen, warning } from "./look.ts";
import type { ServerRequest } from "./server.ts";

/** Looks whether the role has the rights that a run needs. */
export async function lookAtPrivileges(request: ServerRequest): Promise<Look> {
  const { pool, revisionsSchema, session } = request;
  if (pool === undefined) return unseen("privileges", "migrations");
  const table = await findRevisions(session, revisionsSchema);
  const schemas = [...new Set(pool.migrations.flatMap(({ layer }) => layer ?? []))];
  const pending = await findPending({ ...request, pool }, table);
  const missing = await findMissingRights(session, {
    table,
    schemas,
    createsSchemas: pending?.some(({ text }) => /\bcreate\s+(?:schema|extension)\b/i.test(text)),
  });
  const role = session.database.role ?? session.database.user;
  if (missing.length > 0) {
    return fault("privileges", {
      code: "permission_denied",
      state: `${role} may not ${missing.map(({ what }) => what).join(", nor ")}`,
      hint: `As the owner: ${missing.map(({ grant }) => grant).join(" ")}`,
    });
  }
  const foreign = await findForeignOwners(session, schemas);
  const [first] = foreign;
  if (first === undefined) return ok("privileges", `${role} may write the history and the layers`);
  const told = foreign.map(({ count, owner, schema }) => `${count} in ${schema} are of ${owner}`);
  return warning("privileges", `${role} may not alter what others own: ${some(told)}`, {
    code: "owner_differs",
    fix: `Set database.role to ${first.owner}, or: grant "${first.owner}" to "${role}";`,
  });
}

/** The files to come; nothing where the history may not be read. */
async function findPending(
  { pool, session }: ServerRequest & { readonly pool: Pool },
  table: RevisionsTable,
): Promise<readonly Migration[] | undefined> {
  const rows = await readIfAllowed(session, table);
  if (rows === undefined) return undefined;
  return statesOf(pool, rows).flatMap(({ migration, state }) =>
    migration !== undefined && state === "pending" ? [migration] : []
  );
}

/** A refusal must not end the transaction. */
async function readIfAllowed(
  session: Session,
  table: RevisionsTable,
): Promise<readonly Revision[] | undefined> {
  await session.run("savepoint history");
  try {
    return await readRevisions(session, table);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    await session.run("rollback to savepoint history");
    return undefined;
  }
}
