import { join, resolve } from "node:path";
import type { Database } from "../../src/database.ts";
import type { Session } from "../../src/postgres/session.ts";
import { openSession } from "./postgres.ts";

const CERTIFICATES = "tests/testdata/tls";

/** The path of a certificate of the tests. */
export function certificate(name: string): string {
  return resolve(CERTIFICATES, `${name}.pem`);
}

/** The settings of a server that shows the certificate `localhost` first. */
export const TLS_SETTINGS: readonly string[] = [
  "ssl = on",
  "ssl_cert_file = '%d/localhost.pem'",
  "ssl_key_file = '%d/localhost.key'",
  "ssl_ca_file = '%d/authority.pem'",
];

/** The server's own copies: it refuses keys that are not its own or that others can read. */
export async function placeCertificates(folder: string): Promise<void> {
  const { uid, gid } = await Deno.stat(folder);
  for await (const { name } of Deno.readDir(CERTIFICATES)) {
    const copy = join(folder, name);
    await Deno.copyFile(join(CERTIFICATES, name), copy);
    await Deno.chmod(copy, 0o600);
    if (uid !== null && gid !== null) await Deno.chown(copy, uid, gid);
  }
}

/** Has the server show another certificate from now on. */
export async function showCertificate(
  admin: Session,
  folder: string,
  certificate: string,
  database: Database,
): Promise<void> {
  for (const [setting, ending] of [["ssl_cert_file", "pem"], ["ssl_key_file", "key"]]) {
    await admin.run(`alter system set ${setting} = '${folder}/${certificate}.${ending}'`);
  }
  await admin.run("select pg_reload_conf()");
  for (let shown = ""; !shown.endsWith(`/${certificate}.key`);) {
    await using session = await openSession(database);
    const [row] = await session.query("select current_setting('ssl_key_file') as file");
    shown = String(row?.["file"]);
  }
}
