import type { Revision } from "../migrations/mod.ts";
import { findRevisions, readRevisions } from "./revisions.ts";
import { Session, type SessionOptions } from "./session.ts";

/** How long to look for the truth after a connection was lost. */
const SETTLE_MS = 30_000;

/**
 * Finds out what a session that was lost has left. The server goes on with what it has received, so
 * nothing is certain until its backend is gone: waits for that on a new connection, then reads the
 * history in `schema`. Returns nothing when the truth cannot be had within 30 seconds.
 */
export async function settle(
  lost: Session,
  schema: string,
  options: SessionOptions,
): Promise<readonly Revision[] | undefined> {
  const deadline = performance.now() + SETTLE_MS;
  while (performance.now() < deadline && !options.signal.aborted) {
    try {
      await using session = await Session.open(lost.database, options);
      while (performance.now() < deadline && !options.signal.aborted) {
        if (!await lives(session, lost)) {
          // The table may have been made by the run that was lost.
          return await readRevisions(session, await findRevisions(session, schema));
        }
        await pause(250);
      }
    } catch {
      // The server may be restarting: try until the time is over.
      await pause(500);
    }
  }
  return undefined;
}

async function lives(session: Session, lost: Session): Promise<boolean> {
  const { pid, startedAt } = lost.facts;
  const rows = await session.query(
    `select 1 from pg_stat_get_activity(${pid}) where backend_start::text = '${startedAt}'`,
  );
  return rows.length > 0;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
