import { bytesText } from "../../byte_size.ts";
import { isPartial, type Pool, resolveSteps, statesOf } from "../../migrations/mod.ts";
import { MigrateError } from "../../errors.ts";
import type { LookName } from "../../looks.ts";
import {
  countHidden,
  countRoom,
  findHolder,
  findIdleSlots,
  findInvalid,
  findOldTransactions,
  findRevisions,
  LOCKS,
  movesBetweenTransactions,
  type OpenTransaction,
  type Session,
  sizeOf,
  toRefusal,
  within,
} from "../../postgres/mod.ts";
import { inSnapshot, readHistory, type Waits } from "../look.ts";
import { decide } from "../preflight.ts";
import { describeOrphans } from "../run_locks.ts";
import { changed, fault, type Look, ok, some, unseen, unseenBecause, warning } from "./look.ts";
import { lookAtPrivileges } from "./privileges.ts";

/** What the looks at a server need. */
export interface ServerRequest {
  readonly session: Session;
  /** The files on offer; nothing where they could not be read. */
  readonly pool: Pool | undefined;
  readonly revisionsSchema: string | undefined;
  readonly signal: AbortSignal;
  readonly redact: (text: string) => string;
  /** From when on a transaction is open for long. */
  readonly longMs: number;
  /** From when on a replication slot holds much. */
  readonly slotBytes: number;
}

const WAITS: Waits = { answerMs: 5_000, lockMs: 1_000 };
/** How long one look may take with all its answers. */
const LOOK_MS = 10_000;

/** What is seen without a transaction, or between two: not every pooler takes one. */
const BARE: readonly LookName[] = ["server", "writable", "pooler"];

/** The versions of PostgreSQL that the tests run on. */
const TESTED = { oldest: 13, newest: 18 } as const;

/** What is asked of a server that has let us in. */
export const SERVER_LOOKS: readonly (readonly [
  LookName,
  (request: ServerRequest) => Promise<Look> | Look,
])[] = [
  ["server", lookAtVersion],
  ["writable", lookAtWriting],
  ["pooler", lookAtPooler],
  ["privileges", lookAtPrivileges],
  ["history", lookAtHistory],
  ["lock", lookAtLock],
  ["transactions", lookAtTransactions],
  ["slots", lookAtSlots],
  ["indexes", lookAtIndexes],
  ["connections", lookAtConnections],
  ["disk", lookAtDisk],
];

/**
 * Makes all looks at a server, each in a read-only transaction of its own. What they tell are the
 * server's words, and those of all who have given something there a name.
 */
export async function* lookAtServer(request: ServerRequest): AsyncGenerator<Look> {
  const { session, signal } = request;
  // A look may be given up at any moment: nothing of it can be half done.
  const stop = () => session.drop();
  signal.addEventListener("abort", stop);
  try {
    let needs: LookName = "login";
    for (const look of SERVER_LOOKS) {
      const found = await lookOnce(look, { ...request, needs });
      if (found.name === "pooler" && found.state === "fault") needs = "pooler";
      yield changed(found, request.redact);
    }
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function lookOnce(
  [name, look]: (typeof SERVER_LOOKS)[number],
  request: ServerRequest & { readonly needs: LookName },
): Promise<Look> {
  const { needs, session } = request;
  if (session.lost) return unseen(name, needs);
  try {
    return await within(session, LOOK_MS, async () => {
      if (BARE.includes(name)) return await look(request);
      return await inSnapshot(session, WAITS, () => look(request));
    });
  } catch (error) {
    const refusal = toRefusal(error, "look at it");
    if (!(refusal instanceof MigrateError)) throw refusal;
    return unseenBecause(name, refusal);
  }
}

function lookAtVersion({ session }: ServerRequest): Look {
  const { serverVersion, serverVersionText } = session.facts;
  const major = Math.floor(serverVersion / 10_000);
  const text = `PostgreSQL ${serverVersionText}`;
  if (major >= TESTED.oldest && major <= TESTED.newest) return ok("server", text);
  const state = `${text}; tested are ${TESTED.oldest} to ${TESTED.newest}`;
  const code = "server_version";
  if (major > TESTED.newest) {
    return warning("server", state, { code, fix: "Use a newer release of this program" });
  }
  const hint = `Update the server to PostgreSQL ${TESTED.oldest} or newer`;
  return fault("server", { code, state, hint });
}

function lookAtWriting({ session }: ServerRequest): Look {
  const { inRecovery, readOnly } = session.facts;
  if (!inRecovery && !readOnly) return ok("writable", "a primary; transactions may write");
  return fault("writable", {
    code: "read_only_database",
    state: inRecovery ? "the server is a read-only replica" : "its transactions are read-only",
    hint: inRecovery
      ? "Set database.host to the primary"
      : "Reset default_transaction_read_only for this role or database",
  });
}

async function lookAtPooler({ redact, session, signal }: ServerRequest): Promise<Look> {
  if (!session.facts.pooled) return ok("pooler", "none is seen");
  if (!await movesBetweenTransactions(session, { redact, signal })) {
    return ok("pooler", "one that leaves us our session");
  }
  return fault("pooler", {
    code: "transaction_pooler",
    state: "one that gives each transaction another session, so that no lock would hold",
    hint:
      "Set database.host and database.port to the server itself, or to a pool with pool_mode = session",
  });
}

/** Decides as a run would, and says what that would refuse. */
async function lookAtHistory(request: ServerRequest): Promise<Look> {
  const { pool, revisionsSchema, session } = request;
  if (pool === undefined) return unseen("history", "migrations");
  try {
    const table = await findRevisions(session, revisionsSchema);
    const rows = await readHistory(session, { table, database: session.database });
    const view = { session, table, rows };
    const plan = await decide({
      pool,
      execOrder: "linear",
      txMode: "file",
      baseline: undefined,
      allowDirty: false,
      allowChanged: false,
      amount: undefined,
    }, view);
    const half = rows.find(isPartial);
    if (half !== undefined) {
      return fault("history", {
        code: "half_done",
        state: `${half.version}_${half.description} is half done: ${half.applied} of ${half.total}${
          half.error === "" ? "" : `, ${half.error}`
        }`,
        hint:
          "Repair the rest of that file and run migrate, or put things right by hand and record it",
        next: resolveSteps(half.version),
      });
    }
    const done = statesOf(pool, rows).filter(({ state }) => state !== "pending").length;
    const text = table.exists
      ? `${done} applied, ${plan.pending.length} pending (schema ${table.schema})`
      : `none yet, ${plan.pending.length} pending`;
    if (plan.unknown.length === 0) return ok("history", text);
    return warning("history", `${text}; unknown here: ${some(plan.unknown)}`, {
      code: "unknown_versions",
      fix: "Use a program that has those versions",
    });
  } catch (error) {
    if (error instanceof MigrateError && error.code !== "connection_lost") {
      return fault("history", error);
    }
    throw error;
  }
}

async function lookAtLock({ session }: ServerRequest): Promise<Look> {
  if (session.facts.inRecovery) return unseen("lock", "writable");
  const holder = await findHolder(session, LOCKS.own) ?? await findHolder(session, LOCKS.atlas);
  if (holder === undefined) return ok("lock", "free: nobody is migrating");
  return warning("lock", `held by ${holder.text}${await describeOrphans()}`, {
    code: "lock_held",
    fix: `Wait for it. To end it: select pg_terminate_backend(${holder.pid});`,
  });
}

async function lookAtTransactions({ longMs, session }: ServerRequest): Promise<Look> {
  const old = await findOldTransactions(session, longMs);
  const hidden = await countHidden(session);
  const rest = hidden === 0
    ? ""
    : `; ${hidden} ${hidden === 1 ? "session" : "sessions"} of others cannot be seen`;
  const [oldest] = old;
  if (oldest === undefined) {
    return ok("transactions", `none is older than ${Math.round(longMs / 60_000)} min${rest}`);
  }
  return warning("transactions", `${some(old.map(describe))}${rest}`, {
    code: oldest.gid === undefined ? "long_transaction" : "prepared_transaction",
    fix: oldest.gid === undefined
      ? `Wait for it, or end it: select pg_terminate_backend(${oldest.pid});`
      : `Finish it, in its database: commit prepared ${quoted(oldest.gid)}; or rollback prepared`,
  });
}

function describe(open: OpenTransaction): string {
  const { ageSeconds, gid, pid, state, user } = open;
  const age = ageSeconds < 120 ? `${ageSeconds} s` : `${Math.floor(ageSeconds / 60)} min`;
  if (gid !== undefined) return `prepared ${quoted(gid)} of ${user}, ${age}`;
  const program = open.application === "" ? "" : ` "${open.application}"`;
  return `pid ${pid} of ${user}${program} from ${open.address}, ${state}, ${age}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

async function lookAtSlots({ session, slotBytes }: ServerRequest): Promise<Look> {
  const [largest, ...others] = await findIdleSlots(session, slotBytes);
  if (largest === undefined) return ok("slots", "none keeps much of the log");
  const names = [largest, ...others].map(({ bytes, name }) =>
    `${name} keeps ${bytesText(bytes)} of the log`
  );
  return warning("slots", `${some(names)}, and nobody reads`, {
    code: "replication_slot",
    fix: `Start its reader, or: select pg_drop_replication_slot(${quoted(largest.name)});`,
  });
}

async function lookAtIndexes({ session }: ServerRequest): Promise<Look> {
  const invalid = await findInvalid(session);
  const [first] = invalid;
  if (first === undefined) return ok("indexes", "none is invalid");
  return warning("indexes", `invalid: ${some(invalid)}`, {
    code: "invalid_index",
    fix: `drop index concurrently ${first}; and build it again`,
  });
}

/** What a run and its second look at the server need. */
const ROOM = 3;

async function lookAtConnections({ session }: ServerRequest): Promise<Look> {
  const { left, max } = await countRoom(session);
  const text = `${left} left of ${max}`;
  if (left >= ROOM) return ok("connections", text);
  return warning("connections", text, {
    code: "few_connections",
    fix: "End sessions that nobody needs, or raise max_connections or the CONNECTION LIMIT",
  });
}

async function lookAtDisk({ session }: ServerRequest): Promise<Look> {
  const size = bytesText(await sizeOf(session));
  return {
    name: "disk",
    state: "unseen",
    text: `the database has ${size}; PostgreSQL does not tell how much room is left`,
  };
}
