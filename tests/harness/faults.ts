import assert from "node:assert/strict";
import { PATIENCE, type Patience } from "../../src/postgres/patience.ts";
import { LOCKS } from "../../src/postgres/lock.ts";
import { MigrateError } from "../../src/errors.ts";
import { type Pool, splitStatements } from "../../src/migrations/mod.ts";
import { revisionsOf } from "./history.ts";
import { createDatabase, server, type TestDatabase } from "./postgres.ts";
import { type Message, startProxy, type Verdict } from "./proxy.ts";
import { applyPool, poolOf, type TestEngine } from "./run.ts";

const MARK_FILES = {
  "bronze/0001_a.sql":
    "create schema bronze;\ncreate table bronze.mark (what text, at timestamptz default clock_timestamp());\n",
  "silver/0002_b.sql":
    "insert into bronze.mark values ('b1');\ninsert into bronze.mark values ('b2');\n",
  "bronze/0003_c.sql":
    "-- atlas:txmode none\n\ninsert into bronze.mark values ('c1');\ncreate index concurrently mark_what on bronze.mark (what);\ninsert into bronze.mark values ('c2');\ndrop index concurrently bronze.mark_what;\ninsert into bronze.mark values ('c3');\n",
  "gold/0004_d.sql": "insert into bronze.mark values ('d1');\n",
};

/**
 * Files that leave a mark for each statement executed: a file in a transaction, one outside, with
 * an index that no transaction can hold, and one after it.
 */
export const MARKS = poolOf(MARK_FILES);

/**
 * The same for Atlas, which counts a statement outside a transaction once it is done: whoever ends it
 * in between has it executed again, so it must be one that may be.
 */
export const REPEATABLE = poolOf({
  ...MARK_FILES,
  "bronze/0003_c.sql":
    "-- atlas:txmode none\n\ncreate index concurrently if not exists mark_what on bronze.mark (what);\ndrop index concurrently if exists bronze.mark_what;\n",
});

/** What a network may do, and in which of the engine's two ways to talk to the server. */
export const CASES = [
  ["drop", true],
  ["stall", true],
  ["drop", false],
  ["stall", false],
] as const;

/** What stands in the table once each statement of a pool has been executed, once. */
function allOf(pool: Pool): readonly string[] {
  return pool.migrations.flatMap(({ text }) =>
    [...text.matchAll(/values \('(\w+)'\)/g)].map(([, what = ""]) => what)
  ).sort();
}

/** Waits for silence no longer than a test can. */
export const IMPATIENT: Patience = {
  ...PATIENCE,
  pauseMs: 20,
  longestPauseMs: 50,
  lookMs: 30,
  silenceMs: 250,
  settleMs: 2_000,
};

/** Applies the marks through a proxy that does something at one message; says what became of it. */
async function applyThroughFault(
  db: TestDatabase,
  judge: (message: Message) => Verdict,
  pipeline: boolean,
): Promise<MigrateError | undefined> {
  await using proxy = await startProxy(server(), judge);
  const database = { ...db.database, host: proxy.host, port: proxy.port, connectTimeoutMs: 500 };
  try {
    const report = await applyPool(database, MARKS, {
      patience: IMPATIENT,
      lockTimeoutMs: 5_000,
      pipeline,
    });
    return report.error;
  } catch (error) {
    if (error instanceof MigrateError) return error;
    throw error;
  }
}

/**
 * Checks that a database stands at the end of a file or of a recorded statement, that nothing was
 * executed twice, and that the next run finishes and leaves no lock.
 */
export async function checkAftermath(
  db: TestDatabase,
  about: string,
  options: { readonly pool?: Pool; readonly use?: TestEngine } = {},
): Promise<void> {
  const { pool = MARKS, use = "embedded" } = options;
  const before = await marks(db);
  assert.deepEqual(before, [...new Set(before)].sort(), `${about}: something was executed twice`);
  for (const row of await revisionsOf(db)) {
    if (row["version"] === "0003") continue;
    assert.equal(row["applied"], row["total"], `${about}: ${row["version"]} is half done`);
  }
  const report = await applyPool(db.database, pool, { use, lockTimeoutMs: 60_000 });
  assert.equal(report.error, undefined, `${about}: ${report.error?.message}`);
  assert.deepEqual(await marks(db), allOf(pool), about);
  assert.deepEqual(report.invalidIndexes, [], about);
  const rows = await revisionsOf(db);
  assert.deepEqual(
    rows.map(({ applied, total }) => [applied, total]),
    pool.migrations.map(({ path, text }) => {
      const { length } = splitStatements(text, { file: path });
      return [length, length];
    }),
    about,
  );
  await noLocks(db, about);
}

/** Waits until the server has noticed that the sessions are over. */
async function noLocks(db: TestDatabase, about: string): Promise<void> {
  const query =
    `select 1 from pg_locks where locktype = 'advisory' and objid in (${LOCKS.own}, ${LOCKS.atlas})
      and database = (select oid from pg_database where datname = current_database())`;
  for (let tries = 1; (await db.sql(query)).length > 0; tries++) {
    assert.ok(tries < 200, `${about}: a lock is left`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function marks(db: TestDatabase): Promise<readonly string[]> {
  const [found] = await db.sql("select to_regclass('bronze.mark') is null as none");
  if (found?.["none"] === true) return [];
  const rows = await db.sql("select what from bronze.mark order by what");
  return rows.map(({ what }) => String(what));
}

/** How many messages a run without a fault makes. */
export async function countMessages(pipeline: boolean): Promise<number> {
  let count = 0;
  await using db = await createDatabase();
  const error = await applyThroughFault(db, ({ connection, number }) => {
    if (connection === 1) count = Math.max(count, number);
    return "pass";
  }, pipeline);
  assert.equal(error, undefined);
  return count;
}

/** Provokes a fault at each of some messages, several at a time, and checks what is left. */
export async function checkFaults(
  verdict: "drop" | "stall",
  numbers: readonly number[],
  pipeline: boolean,
): Promise<void> {
  const left = [...numbers];
  const codes = new Map<string, number>();
  const worker = async () => {
    for (let at = left.shift(); at !== undefined; at = left.shift()) {
      await using db = await createDatabase();
      const about = `${verdict} at message ${at}`;
      let met = "";
      const error = await applyThroughFault(db, ({ connection, direction, number, type }) => {
        if (connection !== 1 || number !== at) return "pass";
        met = `${direction} ${type}`;
        return verdict;
      }, pipeline);
      const code = error?.code ?? "none";
      codes.set(code, (codes.get(code) ?? 0) + 1);
      assert.ok(EXPECTED.includes(code), `${about} (${met}): ${code} ${error?.message}`);
      assert.ok(error === undefined || error.hint, about);
      assert.doesNotMatch(error?.message ?? "", /unused|socket/, about);
      await checkAftermath(db, `${about} (${met})`);
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  assert.ok((codes.get("connection_lost") ?? 0) > 0, JSON.stringify([...codes]));
}

// At the very end a fault is no failure any more; during the login it is one of connecting.
const EXPECTED: readonly string[] = [
  "none",
  "connection_lost",
  "connection_failed",
  "connection_timeout",
];
