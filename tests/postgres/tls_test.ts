import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { startPostgres } from "../../scripts/postgres/server.ts";
import type { Database } from "../../src/database.ts";
import { MigrateError } from "../../src/errors.ts";
import { atlas, folderOf } from "../harness/atlas.ts";
import { databaseAt, openSession } from "../harness/postgres.ts";
import {
  certificate as ca,
  placeCertificates,
  showCertificate,
  TLS_SETTINGS,
} from "../harness/tls.ts";
import { applyPool, poolOf, testEngines } from "../harness/run.ts";

const TRUSTED = { sslrootcert: ca("authority") };

/** What comes of an attempt: a protected connection, a plain one, or a refusal with its code. */
type Outcome = "tls" | "plain" | "tls_certificate" | "tls_file" | "login_refused";

/** The server's certificate, the settings, and what must come of them. */
type Case = readonly [string, Partial<Database>, Outcome];

const CASES: readonly Case[] = [
  ["localhost", { sslmode: "disable" }, "plain"],
  ["localhost", { sslmode: "allow" }, "plain"],
  ["localhost", { sslmode: "allow", user: "tls_only" }, "tls"],
  ["localhost", { sslmode: "disable", user: "tls_only" }, "login_refused"],
  ["localhost", { sslmode: "prefer" }, "tls"],
  ["localhost", { sslmode: "prefer", user: "plain_only" }, "plain"],
  ["localhost", { sslmode: "prefer", sslrootcert: ca("stranger") }, "tls"],
  ["localhost", { sslmode: "require" }, "tls"],
  ["localhost", { sslmode: "require", user: "plain_only" }, "login_refused"],
  ["localhost", { sslmode: "require", ...TRUSTED }, "tls"],
  ["localhost", { sslmode: "require", sslrootcert: ca("stranger") }, "tls_certificate"],
  ["localhost", { sslmode: "require", sslrootcert: ca("nowhere") }, "tls_file"],
  ["localhost", { sslmode: "verify-ca" }, "tls_certificate"],
  ["localhost", { sslmode: "verify-ca", ...TRUSTED }, "tls"],
  ["localhost", { sslmode: "verify-ca", ...TRUSTED, host: "127.0.0.1" }, "tls"],
  ["localhost", { sslmode: "verify-ca", sslrootcert: ca("stranger") }, "tls_certificate"],
  ["localhost", { sslmode: "verify-ca", sslrootcert: ca("nowhere") }, "tls_file"],
  ["localhost", { sslmode: "verify-ca", sslrootcert: resolve("deno.json") }, "tls_file"],
  ["localhost", { sslmode: "verify-full" }, "tls_certificate"],
  ["localhost", { sslmode: "verify-full", sslrootcert: "system" }, "tls_certificate"],
  ["localhost", { sslmode: "verify-full", ...TRUSTED }, "tls"],
  ["localhost", { sslmode: "verify-full", ...TRUSTED, host: "127.0.0.1" }, "tls_certificate"],
  ["localhost", { sslmode: "verify-full", sslrootcert: ca("stranger") }, "tls_certificate"],
  ["address", { sslmode: "verify-full", ...TRUSTED, host: "127.0.0.1" }, "tls"],
  ["address", { sslmode: "verify-full", ...TRUSTED }, "tls_certificate"],
  ["elsewhere", { sslmode: "verify-ca", ...TRUSTED }, "tls"],
  ["elsewhere", { sslmode: "verify-full", ...TRUSTED }, "tls_certificate"],
  ["expired", { sslmode: "require" }, "tls"],
  ["expired", { sslmode: "require", ...TRUSTED }, "tls_certificate"],
  ["expired", { sslmode: "verify-ca", ...TRUSTED }, "tls_certificate"],
  ["expired", { sslmode: "verify-full", ...TRUSTED }, "tls_certificate"],
];

Deno.test({
  name: "every sslmode means to both engines what it means to libpq",
  ignore: Deno.build.os === "windows",
  async fn(t) {
    await using server = await startPostgres({
      settings: TLS_SETTINGS,
      access: [
        "hostssl all tls_client 127.0.0.1/32 cert",
        "host all tls_client 127.0.0.1/32 reject",
        "hostnossl all tls_only 127.0.0.1/32 reject",
        "hostssl all plain_only 127.0.0.1/32 reject",
      ],
      prepare: placeCertificates,
    });
    const at = (changes: Partial<Database>) =>
      databaseAt("postgres", { host: "localhost", port: server.port, ...changes });
    await using admin = await openSession(at({ host: "127.0.0.1" }));
    for (const role of ["tls_client", "tls_only", "plain_only"]) {
      await admin.run(`create role ${role} login; grant create on database postgres to ${role}`);
    }
    let present = "localhost";
    for (const [certificate, changes, expected] of CASES) {
      const told = { ...changes, sslrootcert: changes.sslrootcert?.replace(/^.*\//, "") };
      await t.step(`${certificate}: ${JSON.stringify(told)} is ${expected}`, async () => {
        if (certificate !== present) {
          await showCertificate(admin, server.socket, certificate, at({}));
        }
        present = certificate;
        await expectOutcome(at(changes), expected);
      });
    }
    await using keys = await clientKeys();
    const client = (certificate: string, key = certificate) => ({
      user: "tls_client",
      sslmode: "require" as const,
      sslcert: ca(certificate),
      sslkey: join(keys.path, `${key}.key`),
    });
    const clients: readonly (readonly [string, Partial<Database>, Outcome])[] = [
      ["with its certificate", client("client"), "tls"],
      ["with its certificate under prefer", { ...client("client"), sslmode: "prefer" }, "tls"],
      ["without one", { user: "tls_client", sslmode: "require" }, "login_refused"],
      ["with one of a stranger", client("foreign"), "tls_certificate"],
      ["with the key of another", client("client", "foreign"), "tls_file"],
      ["with a key that others can read", client("client", "open"), "tls_file"],
      ["with a key that is not there", client("client", "nowhere"), "tls_file"],
    ];
    for (const [name, changes, expected] of clients) {
      await t.step(`a client ${name} is ${expected}`, () => expectOutcome(at(changes), expected));
    }
  },
});

/**
 * What comes of a connection, and of a whole run by each engine. The migration itself looks whether
 * the session that executes it is protected: that of Atlas is another than ours.
 */
async function expectOutcome(database: Database, expected: Outcome): Promise<void> {
  assert.equal(await attempt(database), expected);
  const protectedNow = "(select ssl from pg_stat_ssl where pid = pg_backend_pid())";
  const pool = poolOf({
    "gold/0001_look.sql": `do $$ begin if ${protectedNow} is distinct from ${
      expected === "tls"
    } then raise exception 'not so'; end if; end $$;\n`,
  });
  for (const use of testEngines) {
    // A history of its own, so that there is something to do.
    const revisionsSchema = `h_${crypto.randomUUID().replaceAll("-", "")}`;
    const run = await applyPool(database, pool, { use, revisionsSchema, allowDirty: true })
      .catch((error) => {
        if (error instanceof MigrateError) return { error, applied: [] };
        throw error;
      });
    const succeeds = expected === "tls" || expected === "plain";
    assert.equal(run.error?.code, succeeds ? undefined : expected, `${use}: ${run.error?.message}`);
    assert.equal(run.applied.length, succeeds ? 1 : 0);
    // What our session refuses Atlas is not called for; by itself it would refuse it too.
    if (use === "embedded" || succeeds || expected === "tls_file") continue;
    assert.notEqual((await atlas(["schema", "inspect"], { database })).code, 0);
  }
}

async function attempt(database: Database): Promise<string> {
  try {
    await using session = await openSession(database);
    const [row] = await session.query(
      "select ssl from pg_stat_ssl where pid = pg_backend_pid()",
    );
    return row?.["ssl"] === true ? "tls" : "plain";
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error;
    assert.ok(error.hint !== undefined && error.hint !== "", error.message);
    return error.code;
  }
}

/** Keys as their owner keeps them; a checkout opens them to all. */
async function clientKeys() {
  const folder = await folderOf({});
  for (
    const [from, to, mode] of [["client", "client", 0o600], ["foreign", "foreign", 0o600], [
      "client",
      "open",
      0o644,
    ]] as const
  ) {
    const copy = join(folder.path, `${to}.key`);
    await Deno.copyFile(ca(from).replace(/pem$/, "key"), copy);
    await Deno.chmod(copy, mode);
  }
  return folder;
}
