import type { Database } from "../database.ts";
import { MigrateError } from "../errors.ts";
import type { TlsPlan } from "./socket.ts";

/**
 * Says how to protect the connection, in the order in which to try: `allow` and `prefer` have a
 * second way, used when the server turns the first one away at log-in. The meanings are libpq's:
 * https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
 * Without a file of authorities the system's decide, as they do in Atlas.
 *
 * @throws {MigrateError} `tls_file` when a certificate or key cannot be read, or others can read
 * the key.
 */
export async function planTls(database: Database): Promise<readonly TlsPlan[]> {
  const off: TlsPlan = { mode: "off", verify: "nothing" };
  if (database.sslmode === "disable") return [off];
  if (database.sslkey !== undefined) await refuseOpenKey(database.sslkey);
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
      return [{ mode: "on", verify: "authority", ...await withAuthorities(files) }];
    case "verify-full":
      return [{ mode: "on", verify: "host", ...await withAuthorities(files) }];
  }
}

async function pem<Name extends "ca" | "cert" | "key">(
  name: Name,
  key: string,
  path: string | undefined,
): Promise<{ readonly [N in Name]?: string }> {
  if (path === undefined) return {};
  // Filled in below, with what the system has.
  if (path === "system") return {};
  try {
    return { [name]: await Deno.readTextFile(path) } as { [N in Name]?: string };
  } catch (cause) {
    throw unreadable(key, path, cause);
  }
}

/** As libpq and lib/pq: a key that others can read is taken for stolen. */
async function refuseOpenKey(path: string): Promise<void> {
  const { mode, uid } = await Deno.stat(path).catch((cause) => {
    throw unreadable("sslkey", path, cause);
  });
  if (mode === null || Deno.build.os === "windows") return;
  if ((mode & (uid === 0 ? 0o137 : 0o177)) === 0) return;
  throw new MigrateError("tls_file", `Cannot use database.sslkey: others can read "${path}"`, {
    hint: `chmod 600 ${path}`,
  });
}

// The places that Go looks in as well, so that both engines trust the same authorities.
const SYSTEM_BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** Adds the system's authorities; where they are in no file, those that are built in decide. */
async function withAuthorities<Files extends { readonly ca?: string }>(
  files: Files,
): Promise<Files | (Files & { readonly ca: string })> {
  if (files.ca !== undefined) return files;
  for (const path of SYSTEM_BUNDLES) {
    try {
      return { ...files, ca: await Deno.readTextFile(path) };
    } catch {
      // Not this system's place.
    }
  }
  return files;
}

function unreadable(key: string, path: string, cause: unknown): MigrateError {
  return new MigrateError("tls_file", `Cannot read database.${key}: "${path}" is not readable`, {
    hint: "Check that the file exists and that this user may read it",
    cause,
  });
}
