import { MigrateError } from "../../errors.ts";
import { type Answer, type Fields, fieldsOf, isObject, textOf } from "./answer.ts";
import type { Client } from "./client.ts";
import { missing, type Refused, secretRefusal } from "./kv_refusal.ts";
import type { KvSettings } from "./settings.ts";

/** What a read of a secret needs besides its path. */
export interface KvAccess {
  readonly client: Client;
  readonly token: string | undefined;
  readonly kv: KvSettings;
}

/** A way to read a secret: its path in the API, for one version of the engine. */
export interface Candidate {
  readonly engine: 1 | 2;
  readonly path: string;
}

/** A secret by the path that people use for it, and the setting that says so, for errors. */
export interface Wanted {
  readonly path: string;
  readonly setting: string;
}

/**
 * Reads a secret, whichever version of the KV engine it is in.
 *
 * @throws {MigrateError} `vault_login_refused`, `vault_denied`, `vault_mount_missing`,
 * `vault_secret_missing`, `vault_secret_deleted`, and the codes of `Client.call`.
 */
export async function readSecret(access: KvAccess, wanted: Wanted): Promise<Fields> {
  const { path } = wanted;
  const { candidates, mountKnown } = await locate(access, path);
  const refused: Refused[] = [];
  for (const candidate of candidates) {
    const answer = await read(access, { candidate, path });
    const data = answer.status === 200 ? contentOf(answer, candidate) : undefined;
    if (data !== undefined) return data;
    refused.push({ ...candidate, answer });
    // What was deleted was found.
    if (missing(answer) === "deleted") break;
  }
  throw await secretRefusal(access, { ...wanted, refused, mountKnown });
}

async function read(
  { client, kv, token }: KvAccess,
  { candidate, path }: { readonly candidate: Candidate; readonly path: string },
): Promise<Answer> {
  const versioned = candidate.engine === 2 && kv.secretVersion !== undefined;
  return await client.call({
    method: "GET",
    path: candidate.path,
    ...(versioned ? { query: `version=${kv.secretVersion}` } : {}),
    doing: `read "${path}" from Vault`,
    token,
  });
}

function contentOf(answer: Answer, { engine }: Candidate): Fields | undefined {
  if (engine === 1) return isObject(answer.document.get("data")) ? answer.data : undefined;
  const content = answer.data.get("data");
  return isObject(content) && isObject(answer.data.get("metadata")) ? fieldsOf(content) : undefined;
}

interface Located {
  readonly candidates: readonly Candidate[];
  /** Whether Vault has named the mount. */
  readonly mountKnown: boolean;
}

/** Finds out where a secret is. A token that may not ask is no obstacle: both versions are tried. */
async function locate(access: KvAccess, path: string): Promise<Located> {
  const { kv } = access;
  if (kv.engine === 1) {
    refuseVersion(kv, path);
    return { candidates: [{ engine: 1, path }], mountKnown: false };
  }
  if (kv.engine === 2 && kv.mount !== undefined) {
    return { candidates: versioned(path, kv.mount), mountKnown: false };
  }
  const answer = await access.client.call({
    method: "GET",
    path: `sys/internal/ui/mounts/${path}`,
    doing: `find "${path}" in Vault`,
    token: access.token,
  });
  const mount = textOf(answer.data, "path")?.replace(/\/+$/, "");
  if (answer.status === 200 && mount !== undefined) {
    const engine = kv.engine ??
      (fieldsOf(answer.data.get("options")).get("version") === "2" ? 2 : 1);
    if (engine === 1) refuseVersion(kv, path);
    const candidates = engine === 1
      ? [{ engine, path } as const]
      : versioned(path, withoutNamespace(mount, path));
    return { candidates, mountKnown: true };
  }
  const guessed = versioned(path, kv.mount ?? path.split("/")[0] ?? "");
  if (kv.engine === 2) return { candidates: guessed, mountKnown: false };
  const plain: Candidate = { engine: 1, path };
  if (kv.secretVersion !== undefined) return { candidates: guessed, mountKnown: false };
  // The question is younger than the versioned engine's rivals: a server without it has version 1.
  if (answer.status === 404) return { candidates: [plain, ...guessed], mountKnown: false };
  return { candidates: [...guessed, plain], mountKnown: false };
}

/** The paths of a secret in version 2. A path that has `data/` already is taken at its word first. */
function versioned(path: string, mount: string): readonly Candidate[] {
  const rest = path === mount
    ? ""
    : path.startsWith(`${mount}/`)
    ? path.slice(mount.length + 1)
    : path;
  const inserted: Candidate = {
    engine: 2,
    path: rest === "" ? `${mount}/data` : `${mount}/data/${rest}`,
  };
  return rest.startsWith("data/")
    ? [{ engine: 2, path: `${mount}/${rest}` }, inserted]
    : [inserted];
}

/** Some servers name the mount together with the namespace that the call was made in. */
function withoutNamespace(mount: string, path: string): string {
  const steps = mount.split("/");
  const fits = steps.findIndex((_, i) => {
    const name = steps.slice(i).join("/");
    return path === name || path.startsWith(`${name}/`);
  });
  return fits < 0 ? mount : steps.slice(fits).join("/");
}

function refuseVersion({ secretVersion }: KvSettings, path: string): void {
  if (secretVersion === undefined) return;
  throw new MigrateError(
    "config_invalid",
    `Cannot read version ${secretVersion} of "${path}" from Vault: KV version 1 keeps no versions`,
    { hint: "Unset VAULT_SECRET_VERSION" },
  );
}
