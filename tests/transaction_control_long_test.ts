import assert from "node:assert/strict";
import fc from "fast-check";
import postgres from "postgres";
import { refuseTransactionControl } from "../src/transaction_control.ts";
import { migrationOf } from "./harness/pool.ts";
import { createDatabase } from "./harness/postgres.ts";
import { poolOf } from "./harness/run.ts";
import { seed } from "./harness/seed.ts";
import { transactionText } from "./harness/transaction_text.ts";

const RUNS = 4000;
// There is already a transaction in progress.
const IN_TRANSACTION = "25001";

Deno.test("refuseTransactionControl() lets pass what leaves the transaction to us, and nothing else", async () => {
  await using db = await createDatabase();
  const notices: unknown[] = [];
  const { host, port, user, dbname: database } = db.database;
  const onnotice = (notice: postgres.Notice) => notices.push(notice["code"]);
  const sql = postgres({ host, port, user, database, max: 1, onnotice });
  const counts = { passed: 0, refused: 0, executed: 0, harmful: 0 };
  try {
    await sql.unsafe("create table t (n int)");
    await fc.assert(
      fc.asyncProperty(transactionText, async (text) => {
        const refused = isRefused(text);
        notices.length = 0;
        const { ended, executed } = await trial(sql, text);
        const warned = notices.includes(IN_TRANSACTION);
        counts[refused ? "refused" : "passed"]++;
        if (executed) counts.executed++;
        if (ended) counts.harmful++;
        assert.ok(refused || !ended, "ends the transaction");
        assert.ok(!refused || ended || !executed || warned, "is refused for nothing");
      }),
      { numRuns: RUNS, seed },
    );
  } finally {
    await sql.end({ timeout: 5 });
  }
  // Each way must have been gone often enough to tell something.
  for (const [what, count] of Object.entries(counts)) {
    assert.ok(count >= RUNS / 20, `${what}: ${JSON.stringify(counts)}`);
  }
});

/** Whether a statement is refused. */
function isRefused(text: string): boolean {
  const migration = migrationOf(poolOf({ "gold/0001_a.sql": text }), "0001");
  try {
    refuseTransactionControl(migration, [{ text, offset: 0 }]);
    return false;
  } catch {
    return true;
  }
}

/** What a statement does to the transaction in which it stands. */
async function trial(sql: postgres.Sql, text: string): Promise<{
  /** What came before it is final or lost, or what comes after it is final. */
  readonly ended: boolean;
  readonly executed: boolean;
}> {
  const run = async (text: string) => await sql.unsafe(text).simple().catch(() => undefined);
  await run("rollback");
  await run("truncate t");
  await run("begin; insert into t values (1); savepoint a");
  const executed = await run(text) !== undefined;
  const there = await run("select from t where n = 1");
  await run("insert into t values (2)");
  await run("rollback");
  const { length: final } = await sql`select from t`;
  const { length: prepared } = await sql`select from pg_prepared_xacts`;
  return { ended: there?.length === 0 || final > 0 || prepared > 0, executed };
}
