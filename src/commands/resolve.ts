import { createRevisions, deleteRevision, writeRevision } from "../postgres/mod.ts";
import { type ByHand, type Outcome, planByHand } from "./by_hand.ts";
import { type RecordRequest, underLocks } from "./under_locks.ts";

export type { Outcome } from "./by_hand.ts";

/**
 * Records what became of a file that was repaired by hand. `applied`: a half-done file, the very
 * next one, or one that the database has passed counts as done; the row says "set by hand" as
 * Atlas' `migrate set` does, and counts all statements as done, or Atlas would go on with it all
 * the same. `rolled_back`: the row of a half-done file is removed, so that the next run begins it
 * anew. Returns what was done.
 *
 * @throws {MigrateError} the codes of `planByHand` and `underLocks`, and what `confirm` throws.
 */
export async function resolve(
  request: RecordRequest & { readonly version: string; readonly outcome: Outcome },
): Promise<ByHand> {
  return await underLocks(request, async ({ rows, session, table }) => {
    const change = planByHand(request.pool, rows, request);
    if (change.kind === "nothing") return change;
    await request.confirm(change.says);
    if (change.kind === "remove") {
      await deleteRevision(session, table, request.version);
    } else {
      if (!table.exists) await createRevisions(session, table);
      await writeRevision(session, table, change.row);
    }
    return change;
  });
}
