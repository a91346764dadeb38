import type { Revision } from "../migrations/mod.ts";
import { type Patience, pause } from "./patience.ts";
import { identifier } from "./quote.ts";
import { findRevisions, readRevisions } from "./revisions.ts";
import { Session, type SessionOptions } from "./session.ts";
import { BACKEND_START } from "./session_facts.ts";
import { within } from "./watch.ts";

/** What looking for the truth needs besides the session that was lost. */
export interface SettleOptions extends SessionOptions {
  readonly patience: Patience;
  /** The schema of the history. */
  readonly schema: string;
}

/**
 * Finds out what a session that was lost has left. The server goes on with what it has received, so
 * nothing is certain until its backend is gone: waits for that on a new connection, then reads the
 * history. Returns nothing when the truth cannot be had in the time that there is.
 */
export async function settle(
  lost: Session,
  options: SettleOptions,
): Promise<readonly Revision[] | undefined> {
  const { patience, schema } = options;
  const deadline = performance.now() + patience.settleMs;
  const left = () => Math.max(0, deadline - performance.now());
  // Under another role a user may not see what his own sessions do.
  const { role, ...database } = lost.database;
  while (left() > 0) {
    try {
      const connectTimeoutMs = Math.min(database.connectTimeoutMs, left());
      await using session = await Session.open({ ...database, connectTimeoutMs }, options);
      const rows = await within(session, left(), async () => {
        while (await lives(session, lost)) await pause(250);
        if (role !== undefined) await session.run(`set role ${identifier(role)}`);
        // The table may have been made by the run that was lost.
        return await readRevisions(session, await findRevisions(session, schema));
      });
      return rows;
    } catch {
      // The server may be restarting: try until the time is over.
      await pause(Math.min(500, left()));
    }
  }
  return undefined;
}

async function lives(session: Session, lost: Session): Promise<boolean> {
  const { pid, startedAt } = lost.facts;
  const same = startedAt === undefined ? "" : `where ${BACKEND_START} = '${startedAt}'`;
  const rows = await session.query(`select 1 from pg_stat_get_activity(${pid}) ${same}`);
  return rows.length > 0;
}
