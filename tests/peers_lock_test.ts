import assert from "node:assert/strict";
import { configFile } from "./harness/config.ts";
import { revisionsOf } from "./harness/history.ts";
import { createDatabase } from "./harness/postgres.ts";
import { ended, spawnMigrate } from "./harness/program.ts";
import { applyPool, poolOf, silent } from "./harness/run.ts";

Deno.test("twenty programs started at once apply each file once, and all end well", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  const flags = ["-c", config.path, "--engine", "embedded", "--lock-timeout", "5m", "--json"];
  const runs = await Promise.all(
    Array.from({ length: 20 }, async () => await ended(await spawnMigrate(flags))),
  );
  for (const { code, err } of runs) assert.equal(code, 0, err);
  const applied = runs.flatMap(({ out }) => JSON.parse(out).applied);
  assert.equal(applied.length, 14);
  assert.equal((await revisionsOf(db)).length, 14);
});

Deno.test("apply() builds an index concurrently while others wait for the lock", async () => {
  await using db = await createDatabase();
  const pool = poolOf({
    "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n",
    "bronze/0002_b.sql":
      "-- atlas:txmode none\n\nselect pg_sleep(1);\ncreate index concurrently a1 on bronze.a (i);\n",
  });
  let waited = 0;
  const events = { ...silent, onWait: () => waited++ };
  const runs = await Promise.all(
    Array.from(
      { length: 4 },
      () => applyPool(db.database, pool, { lockTimeoutMs: 60_000, events }),
    ),
  );
  for (const { error } of runs) assert.equal(error, undefined, error?.message);
  assert.equal(runs.flatMap(({ applied }) => applied).length, 2);
  assert.equal(waited, 3);
});
