import type { Revision } from "../migrations/mod.ts";
import { findInvalid, invalidIndexes, toNames } from "./index_state.ts";
import { literal } from "./quote.ts";
import {
  chooseTable,
  findRevisions,
  HISTORIES,
  historyQuery,
  readRevisions,
  type RevisionsTable,
  toRevision,
} from "./revisions.ts";
import { ServerError } from "./server_error.ts";
import type { Row, Session } from "./session.ts";

/** What a run wants to know of a database before and after its work, as it was at one moment. */
export interface Snapshot {
  readonly table: RevisionsTable;
  /** The history, oldest version first. */
  readonly rows: readonly Revision[];
  /** Indexes that are invalid and that nobody is building. */
  readonly invalid: readonly string[];
}

/** How long to wait for somebody who keeps others from reading the history. */
const LOCK_TIMEOUT_MS = 3_000;

/**
 * The commands that read a snapshot, for one message: the way to the server is paid once. Where the
 * history stands is found on the way, so it is read through a cursor, which a block opens by
 * whatever name was found. They only read, and are to stand in a transaction of their own.
 */
export function snapshotCommands(asked: string | undefined): string {
  const choice = asked === undefined
    ? "count(*) = 1"
    : `count(*) filter (where schema = ${literal(asked)}) = 1`;
  const schema = asked === undefined ? "min(schema)" : literal(asked);
  const block = `declare
  history refcursor := 'hotpot_history';
  place text;
begin
  select case when ${choice} then ${schema} end into place from (${HISTORIES}) histories;
  if place is null then
    open history for select where false;
  else
    open history for execute pg_catalog.replace(${literal(historyQuery(PLACE))}, ${literal(PLACE)},
      pg_catalog.format('%I.atlas_schema_revisions', place));
  end if;
end`;
  return [
    `set local lock_timeout = ${LOCK_TIMEOUT_MS}`,
    HISTORIES,
    `do ${literal(block)}`,
    "fetch all from hotpot_history",
    invalidIndexes(),
  ].join(";\n");
}

const PLACE = "hotpot_place";

/**
 * Reads what the commands have returned.
 *
 * @throws {MigrateError} `ambiguous_revisions`.
 */
export function readSnapshot(
  [histories = [], rows = [], invalid = []]: readonly (readonly Row[])[],
  asked: string | undefined,
): Snapshot {
  return {
    table: chooseTable(histories, asked),
    rows: rows.map(toRevision),
    invalid: toNames(invalid),
  };
}

/**
 * Takes a snapshot, in one round trip.
 *
 * @throws {MigrateError} `ambiguous_revisions`, and what the session throws.
 */
export async function takeSnapshot(
  session: Session,
  asked: string | undefined,
): Promise<Snapshot> {
  try {
    return readSnapshot(
      await session.queryAll(
        `begin isolation level repeatable read read only; ${snapshotCommands(asked)}; rollback`,
      ),
      asked,
    );
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    // Asked for one thing after the other, whoever refuses one says which.
    await session.run("rollback");
    const table = await findRevisions(session, asked);
    const rows = await readRevisions(session, table);
    return { table, rows, invalid: await findInvalid(session) };
  }
}
