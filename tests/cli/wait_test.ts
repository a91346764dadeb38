import assert from "node:assert/strict";
import { configFile } from "../harness/config.ts";
import { listen } from "../harness/listener.ts";
import { administer, createDatabase, databaseAt, server } from "../harness/postgres.ts";
import { migrate } from "../harness/program.ts";
import { startProxy } from "../harness/proxy.ts";
import { toolTest } from "../harness/tools.ts";
import { leavesNothing, prepareUsers } from "../harness/vault_users.ts";

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

Deno.test("migrate wait ends with the reason for which it waited", async () => {
  await using config = await configFile(databaseAt("t_never_made"));
  const missing = await migrate(["wait", "--timeout", "2s", "--config", config.path]);
  assert.match(missing.err, /^error\[database_missing\]: .* \(waited 2 s\)$/m);
  await using other = await configFile({ ...databaseAt("postgres"), user: "nobody_of_that_name" });
  const refused = await migrate(["wait", "--timeout", "2s", "--config", other.path]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /^error\[login_refused\]: .* \(waited 2 s\)$/m);
});

Deno.test("migrate wait goes on until the role and the database are made", async () => {
  await using db = await createDatabase();
  const role = `late_${db.name}`;
  const name = `${db.name}_late`;
  await using config = await configFile({ ...db.database, user: role, dbname: name });
  const waiting = migrate(["wait", "--config", config.path]);
  try {
    await new Promise((resolve) => setTimeout(resolve, 150));
    await administer(`create role ${role} login`);
    await administer(`create database ${name}`);
    const run = await waiting;
    assert.deepEqual({ ...run }, { code: 0, out: "", err: "" });
  } finally {
    await administer(`drop database if exists ${name} with (force)`);
    await administer(`drop role if exists ${role}`);
  }
});

Deno.test("migrate wait ends at once where no waiting helps", async () => {
  for (const [text, code] of [["redis: {}\n", "dsn_not_configured"], ["a: [", "config_syntax"]]) {
    await using config = await configFile(text ?? "");
    const run = await migrate(["wait", "--timeout", "1h", "--config", config.path]);
    assert.equal(run.code, 2);
    assert.match(run.err, new RegExp(`^error\\[${code}\\]`, "m"));
  }
});

Deno.test("migrate wait keeps its time-out while Vault is silent", async () => {
  await using silent = await listen(() => {});
  const env = {
    CONFIG_SOURCE: "vault",
    VAULT_ADDR: silent.address,
    VAULT_PATH: "secret/hotpot/config",
    VAULT_TOKEN: "any",
    VAULT_CLIENT_TIMEOUT: "1h",
  };
  const run = await migrate(["wait", "--timeout", "300ms"], env);
  assert.equal(run.code, 1);
  assert.match(run.err, /^error\[vault_timeout\]: .* \(waited 0\.3 s\)$/m);
});

toolTest("bao", "migrate wait has Vault make one user, however often it tries", async (program) => {
  await using db = await createDatabase();
  await using place = await prepareUsers(program, db);
  await using proxy = await startProxy(server());
  proxy.setDown(true);
  const database = { host: proxy.host, port: proxy.port, dbname: db.name, sslmode: "disable" };
  await place.vault.api("POST", "secret/data/hotpot/config", {
    body: { data: { database: { ...database, role: place.owner } } },
  });
  await leavesNothing(place, async () => {
    const waiting = place.run(["wait"]);
    const seen = new Set<string>();
    // The third try comes after 300 ms at the earliest.
    const end = Date.now() + 1_000;
    while (Date.now() < end) {
      for (const user of await place.users()) seen.add(JSON.stringify(user));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    proxy.setDown(false);
    const run = await waiting;
    assert.equal(run.code, 0, run.err);
    assert.equal(seen.size, 1);
  });
});

Deno.test("migrate wait stops when it is told to", async () => {
  await using config = await configFile({ ...databaseAt("any"), port: 1 });
  const stop = new AbortController();
  const waiting = migrate(["wait", "--config", config.path], {}, stop.signal);
  setTimeout(() => stop.abort("SIGINT"), 200);
  assert.equal((await waiting).code, 130);
});

Deno.test("migrate wait calls nobody's silence a stop by a person", async () => {
  await using silent = await listen(() => {});
  const database = databaseAt("any", { host: "127.0.0.1", port: silent.port });
  await using config = await configFile(database);
  for (let tries = 0; tries < 5; tries++) {
    const run = await migrate(["wait", "--timeout", "20ms", "--config", config.path]);
    assert.equal(run.code, 1, run.err);
    assert.match(run.err, /^error\[connection_timeout\]: .* \(waited 0\.02 s\)$/m);
  }
});
