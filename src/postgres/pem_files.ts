import crypto from "node:crypto";
import type { Database } from "../database.ts";
import { MigrateError } from "../errors.ts";
import { outOfReach } from "../out_of_reach.ts";

/** What protects a connection, as the text of PEM files. */
export interface PemFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Reads the files that the settings name. What lib/pq would pass over in silence is refused here,
 * before it gets to see it: a file of authorities that is not there makes it trust everybody.
 *
 * @throws {MigrateError} `tls_file` when one cannot be read or used, or others can read the key.
 */
export async function readPemFiles(database: Database): Promise<PemFiles> {
  const { sslrootcert, sslcert, sslkey } = database;
  return {
    ...(sslrootcert === undefined || sslrootcert === "system" ? {} : {
      ca: await readCertificate("sslrootcert", sslrootcert),
    }),
    ...(sslcert === undefined || sslkey === undefined ? {} : await readPair(sslcert, sslkey)),
  };
}

async function readPair(sslcert: string, sslkey: string): Promise<Required<Omit<PemFiles, "ca">>> {
  await refuseOpenKey(sslkey);
  const cert = await readCertificate("sslcert", sslcert);
  const key = await read("sslkey", sslkey);
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key)) {
    throw fault(`Cannot use database.sslkey: "${sslkey}" holds no key in PEM`);
  }
  if (/ENCRYPTED/.test(key)) {
    throw fault(`Cannot use database.sslkey: "${sslkey}" needs a passphrase`, "Decrypt the key");
  }
  if (!belongs(cert, key)) {
    throw fault(`Cannot use database.sslkey: "${sslkey}" is not the key of "${sslcert}"`);
  }
  return { cert, key };
}

async function readCertificate(setting: string, path: string): Promise<string> {
  const text = await read(setting, path);
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw fault(`Cannot use database.${setting}: "${path}" holds no certificate in PEM`);
}

async function read(setting: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw unreadable(setting, path, cause);
  }
}

/** As in libpq and lib/pq: a key that others can read is taken for stolen. */
async function refuseOpenKey(path: string): Promise<void> {
  const { mode, uid } = await Deno.stat(path).catch((cause) => {
    throw unreadable("sslkey", path, cause);
  });
  if (mode === null || Deno.build.os === "windows") return;
  if ((mode & (uid === 0 ? 0o137 : 0o177)) === 0) return;
  throw fault(`Cannot use database.sslkey: others can read "${path}"`, `chmod 600 ${path}`);
}

function belongs(cert: string, key: string): boolean {
  try {
    return new crypto.X509Certificate(cert).checkPrivateKey(crypto.createPrivateKey(key));
  } catch {
    // Of a kind that is not understood here; the handshake will tell.
    return true;
  }
}

function unreadable(setting: string, path: string, cause: unknown): MigrateError {
  const {
    hint = "Check that the file exists and that this user may read it",
    state = "is not readable",
  } = outOfReach(cause) ?? {};
  return new MigrateError("tls_file", `Cannot read database.${setting}: "${path}" ${state}`, {
    hint,
    cause,
  });
}

function fault(message: string, hint = "Name the right file, in PEM"): MigrateError {
  return new MigrateError("tls_file", message, { hint });
}
