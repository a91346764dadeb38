import { describeDatabase } from "../dsn.ts";
import { type FileState, type Pool, type Revision, statesOf } from "../migrations/mod.ts";
import { runnerOf } from "../postgres/mod.ts";
import { look, type LookRequest } from "./look.ts";

/** Where a database is. */
export interface StatusReport {
  readonly database: string;
  readonly revisionsSchema: string;
  /** Whether there is a revisions table at all. */
  readonly hasHistory: boolean;
  /** Every version that is on offer or in the history, in order. */
  readonly files: readonly FileState[];
  /** The whole history, oldest version first. */
  readonly rows: readonly Revision[];
  /**
   * Who holds the lock of the migrations at this moment, if somebody does; not known on a replica,
   * which does not see the locks of its primary.
   */
  readonly running: string | undefined | "not_visible";
}

/**
 * Says where a database is, out of one snapshot, and changes nothing.
 *
 * @throws {MigrateError} the codes of `look`.
 */
export async function status(
  request: LookRequest & { readonly pool: Pool },
): Promise<StatusReport> {
  return await look(request, async ({ rows, session, table }) => ({
    database: describeDatabase(request.database),
    revisionsSchema: table.schema,
    hasHistory: table.exists,
    files: statesOf(request.pool, rows),
    rows,
    running: session.facts.inRecovery ? "not_visible" : await runnerOf(session),
  }));
}
