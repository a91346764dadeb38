// deno-lint-ignore-file no-console -- its output is the result
import { lookAtTls } from "../../src/commands/doctor/tls.ts";
import { shakeHands } from "../../src/postgres/reach.ts";
import { Session } from "../../src/postgres/session.ts";
import { planTls } from "../../src/postgres/tls.ts";

/**
 * A program that logs in with TLS and looks at the certificate: `probe <port> <authority>
 * <another>` prints what it saw as JSON. It is run on several runtimes.
 */
const [port = "", sslrootcert = "", stranger = ""] = Deno.args;
const database = {
  host: "localhost",
  port: Number(port),
  user: "postgres",
  dbname: "postgres",
  sslmode: "verify-full",
  sslrootcert,
  connectTimeoutMs: 20_000,
  applicationName: "probe",
} as const;
const { signal } = new AbortController();
await using session = await Session.open(database, { redact: (text) => text, signal });
const [row] = await session.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
const [tls] = await planTls(database);
if (tls === undefined) throw new Error("there is no plan");
const { certificate, protocol } = await shakeHands(database, { tls, signal, timeoutMs: 20_000 });
const wary = { ...database, sslrootcert: stranger };
const look = await lookAtTls(await planTls(wary), {
  database: wary,
  signal,
  now: new Date(),
  redact: String,
});
console.log(JSON.stringify({
  ssl: row?.["ssl"],
  protocol,
  for: certificate?.subjectAltName,
  until: certificate?.validTo,
  refused: look.text,
}));
