import assert from "node:assert/strict";
import { configFile } from "../harness/config.ts";
import { createDatabase, databaseAt, server } from "../harness/postgres.ts";
import { migrate } from "../harness/program.ts";
import { startProxy } from "../harness/proxy.ts";

Deno.test("migrate wait says nothing once the database lets us log in", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  const run = await migrate(["wait", "--config", config.path]);
  assert.deepEqual({ ...run }, { code: 0, out: "", err: "" });
});

Deno.test("migrate wait goes on until the server is there", async () => {
  await using db = await createDatabase();
  await using proxy = await startProxy(server());
  proxy.setDown(true);
  await using config = await configFile({ ...db.database, host: proxy.host, port: proxy.port });
  const waiting = migrate(["wait", "--config", config.path]);
  await new Promise((resolve) => setTimeout(resolve, 400));
  proxy.setDown(false);
  const run = await waiting;
  assert.equal(run.code, 0, run.err);
  assert.equal(run.out, "");
});

Deno.test("migrate wait ends with the last reason when the time is over", async () => {
  await using config = await configFile({ ...databaseAt("any"), port: 1 });
  const run = await migrate(["wait", "--timeout", "250ms", "--config", config.path]);
  assert.equal(run.code, 1);
  assert.match(run.err, /^error\[connection_refused\]: .* \(waited 0\.25 s\)$/m);
});

Deno.test("migrate wait waits for a database that is not made yet, and not for another password", async () => {
  await using config = await configFile(databaseAt("t_never_made"));
  const missing = await migrate(["wait", "--timeout", "300ms", "--config", config.path]);
  assert.match(missing.err, /^error\[database_missing\]: .* \(waited 0\.3 s\)$/m);
  await using other = await configFile({ ...databaseAt("postgres"), user: "nobody_of_that_name" });
  const refused = await migrate(["wait", "--config", other.path]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /^error\[login_refused\]/m);
});

Deno.test("migrate wait stops when it is told to", async () => {
  await using config = await configFile({ ...databaseAt("any"), port: 1 });
  const stop = new AbortController();
  const waiting = migrate(["wait", "--config", config.path], {}, stop.signal);
  setTimeout(() => stop.abort("SIGINT"), 200);
  assert.equal((await waiting).code, 130);
});
