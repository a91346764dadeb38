import { readSystemAuthorities } from "../../authorities.ts";
import { MigrateError } from "../../errors.ts";
import { outOfReach } from "../../out_of_reach.ts";
import { readTextFile } from "../text_file.ts";
import type { TlsSettings } from "./settings.ts";

/** What a TLS connection needs, every file read. */
export interface Tls {
  /** Without it the authorities decide that are built in. */
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly verify: boolean;
}

/**
 * Reads the certificates. Without an authority of its own Vault is trusted if the system's or the
 * built-in authorities vouch for it. `warn` is told of a key that every user may read.
 *
 * @throws {MigrateError} `tls_file` when a file cannot be read or is no PEM.
 */
export async function readTls(
  settings: TlsSettings,
  warn: (text: string) => void,
): Promise<Tls> {
  const { certFile, keyFile, serverName, verify } = settings;
  const ca = await readAuthorities(settings);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certFile === undefined ? {} : { cert: await readPem("VAULT_CLIENT_CERT", certFile) }),
    ...(keyFile === undefined ? {} : { key: await readKey(keyFile, warn) }),
    ...(serverName === undefined ? {} : { serverName }),
    verify,
  };
}

async function readAuthorities(settings: TlsSettings): Promise<readonly string[] | undefined> {
  const { caFile, caFolder, caText, systemFile } = settings;
  if (caFile !== undefined) return [await readPem("VAULT_CACERT", caFile)];
  if (caText !== undefined) {
    if (!isPem(caText)) throw notPem("VAULT_CACERT_BYTES", "its text");
    return [caText];
  }
  if (caFolder !== undefined) return await readFolder(caFolder);
  if (systemFile !== undefined) return [await readPem("SSL_CERT_FILE", systemFile)];
  const known = await readSystemAuthorities();
  return known === undefined ? undefined : [known];
}

async function readFolder(folder: string): Promise<readonly string[]> {
  const texts: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isDirectory) continue;
      const text = await Deno.readTextFile(`${folder}/${entry.name}`);
      if (isPem(text)) texts.push(text);
    }
  } catch (cause) {
    throw unreadable("VAULT_CAPATH", { path: folder, cause });
  }
  if (texts.length === 0) throw notPem("VAULT_CAPATH", `"${folder}"`);
  return texts;
}

async function readPem(name: string, path: string): Promise<string> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    throw unreadable(name, { path, cause });
  }
  if (!isPem(text)) throw notPem(name, `"${path}"`);
  return text;
}

async function readKey(path: string, warn: (text: string) => void): Promise<string> {
  const name = "VAULT_CLIENT_KEY";
  const file = await readTextFile(path);
  if ("fault" in file) throw unreadable(name, { path, cause: file.cause });
  if (!isPem(file.text)) throw notPem(name, `"${path}"`);
  if (file.open !== undefined) {
    warn(`${name}: "${path}" can be read by every user: ${file.open.remedy}`);
  }
  return file.text;
}

function isPem(text: string): boolean {
  return /-----BEGIN [A-Z0-9 ]+-----/.test(text);
}

function unreadable(
  name: string,
  { cause, path }: { readonly path: string; readonly cause: unknown },
): MigrateError {
  const {
    hint = "Check that it exists and that this user may read it",
    state = "is not readable",
  } = outOfReach(cause) ?? {};
  return new MigrateError("tls_file", `Cannot read ${name}: "${path}" ${state}`, {
    hint,
    cause,
  });
}

function notPem(name: string, what: string): MigrateError {
  return new MigrateError("tls_file", `Cannot use ${name}: ${what} holds no PEM block`, {
    hint: "Write certificates and keys as PEM: -----BEGIN CERTIFICATE-----",
  });
}
