import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { MigrateError } from "../../src/errors.ts";
import { ServerError } from "../../src/postgres/server_error.ts";
import { Session } from "../../src/postgres/session.ts";
import { startPostgres } from "../../scripts/postgres/server.ts";
import { createDatabase, databaseAt, type TestDatabase } from "../harness/postgres.ts";

const calm = { redact: (text: string) => text };

function open(target: TestDatabase | { database: TestDatabase["database"] }): Promise<Session> {
  return Session.open(target.database, { ...calm, signal: new AbortController().signal });
}

function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof MigrateError && error.code === code;
}

Deno.test("Session.open() tells who and where it is", async () => {
  await using db = await createDatabase();
  await using session = await open(db);
  assert.equal(session.facts.database, db.name);
  assert.ok(session.facts.serverVersion >= 130000);
  assert.deepEqual(await session.query("select 1 as one"), [{ one: 1 }]);
});

Deno.test("Session.query() returns the last result of several commands", async () => {
  await using db = await createDatabase();
  await using session = await open(db);
  assert.deepEqual(await session.query("reset all; select 1 as a; select 2 as b"), [{ b: 2 }]);
});

Deno.test("Session ends cleanly when its backend is killed in a transaction", async () => {
  await using db = await createDatabase();
  await using session = await open(db);
  await session.run("begin");
  await session.run("create table t (i int)");
  const running = assert.rejects(session.run("select pg_sleep(60)"), (error) => {
    assert.ok(isCode("connection_lost")(error), String(error));
    assert.match((error as MigrateError).message, /terminating connection/);
    return true;
  });
  await db.sql(`select pg_terminate_backend(${session.facts.pid})`);
  await running;
  assert.equal(session.lost, true);
  await assert.rejects(session.run("select 1"), isCode("connection_lost"));
});

Deno.test("Session notices that its backend was killed while it was idle", async () => {
  await using db = await createDatabase();
  await using session = await open(db);
  await db.sql(`select pg_terminate_backend(${session.facts.pid})`);
  while (!session.lost) await new Promise((resolve) => setTimeout(resolve, 5));
  await assert.rejects(session.run("select 1"), isCode("connection_lost"));
  await assert.rejects(session.run("select 1"), isCode("connection_lost"));
});

Deno.test("Session sent right into a kill fails instead of reconnecting", async () => {
  await using db = await createDatabase();
  await using session = await open(db);
  await session.query("select pg_advisory_lock(4711)");
  await db.sql(`select pg_terminate_backend(${session.facts.pid})`);
  await assert.rejects(session.run("create table t (i int)"), isCode("connection_lost"));
  const locks = await db.sql("select 1 from pg_locks where objid = 4711");
  assert.equal(locks.length, 0);
  assert.equal((await db.sql("select to_regclass('t') as t"))[0]?.["t"], null);
});

Deno.test("Session ends cleanly when the server is gone while it is idle", async () => {
  await using server = await startPostgres();
  const { host, port } = server;
  await using session = await open({ database: databaseAt("postgres", { host, port }) });
  await server.stop();
  await assert.rejects(session.run("select 1"), isCode("connection_lost"));
  await assert.rejects(
    open({ database: databaseAt("postgres", { host, port }) }),
    isCode("connection_refused"),
  );
});

Deno.test("Session.open() gives up on a server that accepts and says nothing", async () => {
  await using silent = await fakeServer(() => {});
  await assert.rejects(
    open({ database: databaseAt("x", { ...silent.address, connectTimeoutMs: 300 }) }),
    isCode("connection_timeout"),
  );
  await assert.rejects(
    open({
      database: databaseAt("x", { ...silent.address, connectTimeoutMs: 300, sslmode: "require" }),
    }),
    isCode("connection_timeout"),
  );
});

Deno.test("Session.open() does not try for ever when a server accepts and hangs up", async () => {
  let connections = 0;
  await using rude = await fakeServer((socket) => {
    connections++;
    socket.destroy();
  });
  await assert.rejects(
    open({ database: databaseAt("x", rude.address) }),
    isCode("connection_failed"),
  );
  assert.equal(connections, 1);
});

Deno.test("Session.open() stops when it is told to", async () => {
  await using silent = await fakeServer(() => {});
  const stop = new AbortController();
  const opening = Session.open(databaseAt("x", silent.address), { ...calm, signal: stop.signal });
  setTimeout(() => stop.abort("SIGINT"), 50);
  await assert.rejects(opening, isCode("interrupted"));
});

Deno.test("Session.open() names each way in which a connection fails", async () => {
  const cases: readonly (readonly [string, Partial<TestDatabase["database"]>])[] = [
    ["connection_refused", { port: 1 }],
    ["socket_missing", { host: "/nowhere" }],
    ["host_unknown", { host: "no-such-host.invalid" }],
    ["database_missing", { dbname: "no such database" }],
    ["tls_refused", { sslmode: "require" }],
    ["tls_refused", { sslmode: "verify-full" }],
    ["tls_file", { sslmode: "verify-ca", sslrootcert: "/nowhere.pem" }],
    ["login_refused", { user: "nobody_of_that_name" }],
  ];
  for (const [code, change] of cases) {
    await assert.rejects(open({ database: databaseAt("postgres", change) }), (error) => {
      assert.ok(error instanceof MigrateError, String(error));
      assert.equal(error.code, code, error.message);
      assert.ok(error.hint !== undefined && error.hint !== "");
      return true;
    });
  }
});

Deno.test("Session.open() answers a missing database with the line that creates it", async () => {
  await assert.rejects(open({ database: databaseAt('odd "name"') }), (error) => {
    assert.equal((error as MigrateError).hint, 'Create it: CREATE DATABASE "odd ""name""";');
    return true;
  });
});

Deno.test("Session.open() connects without TLS under prefer and allow where there is none", async () => {
  await using db = await createDatabase();
  for (const sslmode of ["prefer", "allow"] as const) {
    await using session = await open({ database: { ...db.database, sslmode } });
    assert.equal(session.lost, false);
  }
});

Deno.test("Session.open() uses a Unix socket and the role and search path it is given", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using db = await createDatabase();
  const host = Deno.env.get("HOTPOT_TEST_SOCKET") ?? "";
  await using session = await open({
    database: { ...db.database, host, searchPath: '"odd path", x', role: "pg_monitor" },
  });
  const [row] = await session.query(
    "select current_role::text as role, current_setting('search_path') as path, inet_client_addr() as address",
  );
  assert.deepEqual(row, { role: "pg_monitor", path: '"odd path", x', address: null });
});

Deno.test("Session.cancel() stops the running statement and leaves the session usable", async () => {
  await using db = await createDatabase();
  await using session = await open(db);
  const running = assert.rejects(
    session.run("select pg_sleep(60)"),
    (error) => error instanceof ServerError && error.sqlstate === "57014",
  );
  const active =
    `select 1 from pg_stat_activity where pid = ${session.facts.pid} and query ~ 'sleep' and state = 'active'`;
  while ((await db.sql(active)).length === 0);
  await session.cancel();
  await running;
  assert.deepEqual(await session.query("select 1 as one"), [{ one: 1 }]);
});

/** A server on loopback that does with each connection what it is told. */
async function fakeServer(behaviour: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    behaviour(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    address: {
      host: "127.0.0.1",
      port: typeof address === "object" && address !== null ? address.port : 0,
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
