import assert from "node:assert/strict";
import { startLoggedPostgres } from "./harness/leaks.ts";
import { databaseAt } from "./harness/postgres.ts";
import { applyPool, poolOf } from "./harness/run.ts";

Deno.test("apply() opens one connection and reads the history three times, however many files there are", async () => {
  await using server = await startLoggedPostgres();
  const { host, port } = server;
  const database = databaseAt("postgres", { host, port, applicationName: "counted" });
  const files = (count: number) =>
    poolOf(Object.fromEntries(Array.from({ length: count }, (_, i) => [
      `bronze/${String(i + 1).padStart(4, "0")}_x.sql`,
      // Some are sent ahead, and some are executed by themselves.
      i % 10 === 0 ? "do $$ begin end $$;\n" : "select 1;\n",
    ])));
  const counts: { readonly connections: number; readonly reads: number }[] = [];
  for (const [from, to] of [[0, 20], [20, 200]] as const) {
    const before = (await server.log()).length;
    const report = await applyPool(database, files(to));
    assert.equal(report.applied.length, to - from);
    const log = (await server.log()).slice(before);
    counts.push({
      connections: [...log.matchAll(/connection authorized: .*application_name=counted/g)].length,
      reads: [...log.matchAll(/select json_build_array\(version, description,/g)].length,
    });
  }
  // With the log-in, under the locks, and at the end.
  const once = { connections: 1, reads: 3 };
  assert.deepEqual(counts, [once, once]);
});
