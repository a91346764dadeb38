import { readSystemAuthorities } from "../authorities.ts";
import type { Database } from "../database.ts";
import { MigrateError } from "../errors.ts";
import type { TlsPlan } from "./socket.ts";

/**
 * Says how to protect the connection, in the order in which to try: `allow` and `prefer` have a
 * second way, used when the server turns the first one away at log-in. The meanings are libpq's:
 * https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
 *
 * @throws {MigrateError} `tls_file` when a certificate or key cannot be read.
 */
export async function planTls(database: Database): Promise<readonly TlsPlan[]> {
  const off: TlsPlan = { mode: "off", verify: "nothing" };
  if (database.sslmode === "disable") return [off];
  const files = {
    ...await pem("ca", "sslrootcert", database.sslrootcert),
    ...await pem("cert", "sslcert", database.sslcert),
    ...await pem("key", "sslkey", database.sslkey),
  };
  switch (database.sslmode) {
    case "allow":
      return [off, { mode: "on", verify: "nothing", ...files }];
    case "prefer":
      return [{ mode: "ask", verify: "nothing", ...files }, off];
    case "require":
      // As libpq and lib/pq do: with an authority given, its signature is demanded.
      return [{ mode: "on", verify: files.ca === undefined ? "nothing" : "authority", ...files }];
    case "verify-ca":
      return [{ mode: "on", verify: "authority", ...files }];
    case "verify-full":
      return [{ mode: "on", verify: "host", ...files }];
  }
}

async function pem<Name extends "ca" | "cert" | "key">(
  name: Name,
  key: string,
  path: string | undefined,
): Promise<{ readonly [N in Name]?: string }> {
  if (path === undefined) return {};
  if (path === "system") return { [name]: await systemAuthorities() } as { [N in Name]?: string };
  try {
    return { [name]: await Deno.readTextFile(path) } as { [N in Name]?: string };
  } catch (cause) {
    throw new MigrateError("tls_file", `Cannot read database.${key}: "${path}" is not readable`, {
      hint: `Check that the file exists and that this user may read it`,
      cause,
    });
  }
}

async function systemAuthorities(): Promise<string> {
  const text = await readSystemAuthorities();
  if (text !== undefined) return text;
  throw new MigrateError("tls_file", "Cannot read the system's certificate authorities", {
    hint: "Set database.sslrootcert to the file of your certificate authority",
  });
}
