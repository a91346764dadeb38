import { readSystemAuthorities } from "../authorities.ts";
import type { Database } from "../database.ts";
import { readPemFiles } from "./pem_files.ts";
import type { TlsPlan } from "./socket.ts";

/**
 * Says how to protect the connection, in the order in which to try: `allow` and `prefer` have a
 * second way, used when the server turns the first one away at log-in. The meanings are libpq's:
 * https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
 * Without a file of authorities the system's decide, as they do in Atlas.
 *
 * @throws {MigrateError} `tls_file` when a certificate or key cannot be read or used.
 */
export async function planTls(database: Database): Promise<readonly TlsPlan[]> {
  const off: TlsPlan = { mode: "off", verify: "nothing" };
  if (database.sslmode === "disable") return [off];
  const files = await readPemFiles(database);
  switch (database.sslmode) {
    case "allow":
      return [off, { mode: "on", verify: "nothing", ...files }];
    case "prefer":
      return [{ mode: "ask", verify: "nothing", ...files }, off];
    case "require":
      // As libpq and lib/pq do: with an authority given, its signature is demanded.
      return [{ mode: "on", verify: files.ca === undefined ? "nothing" : "authority", ...files }];
    case "verify-ca":
      return [{ mode: "on", verify: "authority", ...await systemAuthorities(), ...files }];
    case "verify-full":
      return [{ mode: "on", verify: "host", ...await systemAuthorities(), ...files }];
  }
}

/** Where they are in no file, those that are built in decide. */
async function systemAuthorities(): Promise<{ readonly ca?: string }> {
  const ca = await readSystemAuthorities();
  return ca === undefined ? {} : { ca };
}
