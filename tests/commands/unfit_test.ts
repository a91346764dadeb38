import assert from "node:assert/strict";
import { MigrateError } from "../../src/errors.ts";
import { revisionsOf } from "../harness/history.ts";
import { startPgBouncer } from "../harness/pgbouncer.ts";
import { createDatabase } from "../harness/postgres.ts";
import { applyPool, poolOf } from "../harness/run.ts";
import { toolTest } from "../harness/tools.ts";

const FILES = poolOf({
  "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n",
  "bronze/0002_b.sql": "-- atlas:txmode none\n\ncreate index concurrently a1 on bronze.a (i);\n",
});

const POOLS: readonly (readonly ["transaction" | "statement", readonly string[]])[] = [
  ["transaction", []],
  ["transaction", ["server_round_robin = 1", "min_pool_size = 3"]],
  ["transaction", ["default_pool_size = 1"]],
  ["statement", []],
];

for (const [mode, settings] of POOLS) {
  toolTest(
    "pgbouncer",
    `apply() refuses PgBouncer in ${mode} mode (${settings.join(", ")})`,
    async () => {
      await using db = await createDatabase();
      await using pooler = await startPgBouncer(mode, settings);
      const { host, port } = pooler;
      await assert.rejects(applyPool({ ...db.database, host, port }, FILES), (error) => {
        assert.ok(error instanceof MigrateError, String(error));
        assert.equal(error.code, "transaction_pooler", error.message);
        assert.match(error.hint ?? "", /to the server itself/);
        return true;
      });
      assert.deepEqual(await revisionsOf(db), []);
      // Nothing of ours is left on the connections that others get.
      await using again = await createDatabase();
      const locks = await again.sql(
        `select 1 from pg_locks l join pg_database d on d.oid = l.database and d.datname = '${db.name}' where locktype = 'advisory'`,
      );
      assert.equal(locks.length, 0);
    },
  );
}

for (const settings of [[], ["default_pool_size = 1"]]) {
  toolTest(
    "pgbouncer",
    `apply() works through PgBouncer in session mode (${settings.join()})`,
    async () => {
      await using db = await createDatabase();
      await using pooler = await startPgBouncer("session", settings);
      const { host, port } = pooler;
      const report = await applyPool({ ...db.database, host, port, connectTimeoutMs: 500 }, FILES);
      assert.equal(report.error, undefined, report.error?.message);
      assert.equal(report.applied.length, 2);
    },
  );
}
