import assert from "node:assert/strict";
import { startPostgres } from "../../../scripts/postgres/server.ts";
import { lookAtAddresses } from "../../../src/commands/doctor/network.ts";
import type { Database } from "../../../src/database.ts";
import { administer, createDatabase, databaseAt, openSession } from "../../harness/postgres.ts";
import { examine, examineWith } from "../../harness/doctor.ts";
import { listen } from "../../harness/listener.ts";
import {
  certificate,
  placeCertificates,
  showCertificate,
  TLS_SETTINGS,
} from "../../harness/tls.ts";

Deno.test("migrate doctor tells a host name that nobody knows", async () => {
  const found = await examine(databaseAt("x", { host: "nowhere.invalid" }));
  assert.equal(found.code, 1);
  assert.deepEqual(found.amiss, ["dns fault host_unknown"]);
  assert.match(found.of("dns").text, /^nowhere\.invalid: the host name is not known$/);
  assert.equal(found.of("tcp").needs, "dns");
  assert.equal(found.of("lock").needs, "dns");
});

Deno.test("migrate doctor tells a port that nobody listens at", async () => {
  const found = await examine(databaseAt("x", { port: 1 }));
  assert.deepEqual(found.amiss, ["tcp fault connection_refused"]);
  assert.equal(found.of("login").needs, "tcp");
});

Deno.test("lookAtAddresses() tells which of several addresses do not answer", async () => {
  await using server = await listen(() => {});
  const good = { host: "127.0.0.1", port: server.port };
  const bad = { host: "127.0.0.1", port: 1 };
  const { signal } = new AbortController();
  const database = databaseAt("x");
  const look = await lookAtAddresses([bad, good], {
    database,
    signal,
    now: new Date(),
    redact: String,
  });
  assert.deepEqual([look.state, look.code], ["warning", "connection_refused"]);
  assert.equal(
    look.text,
    `127.0.0.1:1: connection refused; 127.0.0.1:${server.port} answers`,
  );
});

Deno.test("migrate doctor tells a server that never answers, and ends", async () => {
  await using silent = await listen(() => {});
  const at = { host: "127.0.0.1", port: silent.port, connectTimeoutMs: 300 };
  const login = await examine(databaseAt("x", at));
  assert.deepEqual(login.amiss, ["login fault connection_timeout"]);
  const tls = await examine(databaseAt("x", { ...at, sslmode: "require" }));
  assert.deepEqual(tls.amiss, ["tls fault connection_timeout"]);
});

Deno.test("migrate doctor tells what is not PostgreSQL", async () => {
  await using web = await listen((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const at = { host: "127.0.0.1", port: web.port };
  assert.deepEqual((await examine(databaseAt("x", at))).amiss, ["login fault not_postgres"]);
  const tls = await examine(databaseAt("x", { ...at, sslmode: "require" }));
  assert.deepEqual(tls.amiss, ["tls fault not_postgres"]);
});

Deno.test("migrate doctor tells a server without TLS where it is demanded", async () => {
  await using db = await createDatabase();
  const found = await examine({ ...db.database, sslmode: "require" });
  assert.deepEqual(found.amiss, ["tls fault tls_refused"]);
  assert.match(found.of("tls").fix ?? "", /ssl/);
  const free = await examine({ ...db.database, sslmode: "prefer" });
  assert.deepEqual(free.amiss, []);
  assert.equal(free.of("tls").text, "off: the server offers none (sslmode prefer)");
});

Deno.test("migrate doctor tells a database that is not there", async () => {
  const found = await examine(databaseAt("nothing_of_that_name"));
  assert.deepEqual(found.amiss, ["login fault database_missing"]);
  assert.match(found.of("login").fix ?? "", /CREATE DATABASE "nothing_of_that_name"/);
});

Deno.test("migrate doctor tells a wrong password and a role that may not be taken", async () => {
  await using db = await createDatabase();
  const role = `scram_${db.name}`;
  await administer(`create role ${role} login password 'right'`);
  try {
    const wrong = await examine({ ...db.database, user: role, password: "planted-wrong" });
    assert.deepEqual(wrong.amiss, ["login fault login_refused"]);
    assert.ok(!JSON.stringify(wrong.looks).includes("planted-wrong"));
    const right = { ...db.database, user: role, password: "right" };
    assert.equal((await examine(right)).of("login").state, "ok");
    const other = await examine({ ...right, role: "pg_monitor" });
    assert.deepEqual(other.amiss, ["login fault permission_denied"]);
    assert.match(other.of("login").fix ?? "", /GRANT "pg_monitor" TO "scram_/);
  } finally {
    await administer(`drop role ${role}`);
  }
});

const socket = Deno.env.get("HOTPOT_TEST_SOCKET") ?? "";

Deno.test({
  name: "migrate doctor looks at a Unix socket",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using db = await createDatabase();
    const found = await examine({ ...db.database, host: socket });
    assert.deepEqual(found.amiss, []);
    assert.match(found.of("tcp").text, /\.s\.PGSQL\.\d+ answers$/);
    const missing = await examine({ ...db.database, host: "/nowhere" });
    assert.deepEqual(missing.amiss, ["tcp fault socket_missing"]);
  },
});

/** The certificate that is shown, the settings, and what must be found. */
const CERTIFICATES: readonly (readonly [
  string,
  Partial<Database>,
  string | undefined,
  RegExp,
])[] = [
  ["localhost", { sslmode: "disable" }, undefined, /^off/],
  ["localhost", { sslmode: "allow" }, undefined, /^off unless/],
  ["localhost", { sslmode: "require" }, undefined, /^TLSv1\.\d, certificate of localhost .*not ch/],
  [
    "localhost",
    { sslmode: "verify-full" },
    "tls_certificate",
    /authority is not among the system's authorities/,
  ],
  [
    "localhost",
    { sslmode: "verify-ca", sslrootcert: certificate("stranger") },
    "tls_certificate",
    /by "Hotpot test authority" until 2120-01-01: its authority is not among those in .*stranger/,
  ],
  [
    "localhost",
    { sslmode: "verify-full", sslrootcert: certificate("authority") },
    undefined,
    /, checked$/,
  ],
  [
    "localhost",
    { sslmode: "verify-full", sslrootcert: certificate("authority"), host: "127.0.0.1" },
    "tls_certificate",
    /it is not for 127\.0\.0\.1/,
  ],
  [
    "localhost",
    { sslmode: "verify-full", sslrootcert: "/nowhere.pem" },
    "tls_file",
    /Cannot read database\.sslrootcert/,
  ],
  [
    "elsewhere",
    { sslmode: "verify-full", sslrootcert: certificate("authority") },
    "tls_certificate",
    /^certificate of elsewhere\.example .*: it is not for localhost$/,
  ],
  [
    "elsewhere",
    { sslmode: "verify-ca", sslrootcert: certificate("authority") },
    undefined,
    /, checked but for the name$/,
  ],
  [
    "expired",
    { sslmode: "verify-full", sslrootcert: certificate("authority") },
    "tls_certificate",
    /until 2021-01-01: it expired on 2021-01-01$/,
  ],
  ["expired", { sslmode: "require" }, undefined, /until 2021-01-01, not checked$/],
];

Deno.test({
  name: "migrate doctor tells what is wrong with a certificate",
  ignore: Deno.build.os === "windows",
  async fn(t) {
    await using server = await startPostgres({
      settings: TLS_SETTINGS,
      prepare: placeCertificates,
    });
    const at = (changes: Partial<Database>) =>
      databaseAt("postgres", { host: "localhost", port: server.port, ...changes });
    await using admin = await openSession(at({ host: "127.0.0.1" }));
    let present = "localhost";
    for (const [shown, changes, code, text] of CERTIFICATES) {
      const told = { ...changes, sslrootcert: changes.sslrootcert?.replace(/^.*\//, "") };
      await t.step(`${shown}: ${JSON.stringify(told)} is ${code ?? "well"}`, async () => {
        if (shown !== present) await showCertificate(admin, server.socket, shown, at({}));
        present = shown;
        const found = await examine(at(changes));
        assert.deepEqual(found.amiss, code === undefined ? [] : [`tls fault ${code}`]);
        assert.match(found.of("tls").text, text);
        if (code !== undefined) assert.ok((found.of("tls").fix ?? "").length > 10);
      });
    }
    await t.step("one that ends within two weeks is worth a word", async () => {
      await showCertificate(admin, server.socket, "localhost", at({}));
      const trusted = at({ sslmode: "verify-full", sslrootcert: certificate("authority") });
      const found = await examineWith(trusted, { now: new Date("2119-12-20T12:00:00Z") });
      assert.deepEqual(found.amiss, ["tls warning certificate_expires"]);
      assert.match(found.of("tls").text, /; it ends in 11 days$/);
      const early = await examineWith(trusted, { now: new Date("2119-12-10T12:00:00Z") });
      assert.deepEqual(early.amiss, []);
    });
  },
});
