import { type ErrorCode, MigrateError } from "../../errors.ts";
import { type Answer, fieldsOf, textOf } from "./answer.ts";
import type { Candidate, KvAccess } from "./kv.ts";
import { statusText } from "./refusal.ts";

/** A way to read a secret that was refused. */
export interface Refused extends Candidate {
  readonly answer: Answer;
}

/** What is missing behind an answer: the engine, the secret, or what it once held. */
export function missing(answer: Answer): "mount" | "secret" | "deleted" | undefined {
  if (answer.status !== 404) return undefined;
  if (fieldsOf(answer.data.get("metadata")).has("version")) return "deleted";
  // There is no other sign of it.
  return answer.errors.some((text) => /no handler for route/.test(text)) ? "mount" : "secret";
}

/** The error of a secret that could not be read in any way, with the remedy for the likeliest cause. */
export async function secretRefusal(
  access: KvAccess,
  found: {
    readonly path: string;
    /** The setting that names the path. */
    readonly setting: string;
    readonly refused: readonly Refused[];
    readonly mountKnown: boolean;
  },
): Promise<MigrateError> {
  const { path, refused, setting } = found;
  const fail = (code: ErrorCode, state: string, hint: string) =>
    new MigrateError(code, `Cannot read "${path}" from Vault: ${state}`, {
      hint,
      details: refused.map(({ answer, engine, path }) =>
        `"${path}" (KV version ${engine}): ${statusText(answer)}`
      ),
      data: { path, tried: refused.map(({ answer, path }) => ({ path, status: answer.status })) },
    });
  const by = (kind: string) => refused.find(({ answer }) => missing(answer) === kind);
  const deleted = by("deleted");
  if (deleted !== undefined) return fail("vault_secret_deleted", ...deletion(deleted.answer, path));
  const denied = refused.filter(({ answer }) => answer.status === 403);
  if (denied.length > 0) {
    if (!await tokenIsKnown(access)) return fail("vault_login_refused", ...unknownToken(access));
    return fail("vault_denied", "the token's policies do not allow it", policyHint(denied));
  }
  const odd = refused.find(({ answer }) => answer.status !== 404);
  if (odd !== undefined) {
    return fail(
      "vault_answer",
      odd.answer.status === 200 ? "the answer holds no secret" : statusText(odd.answer),
      `Check that ${setting} is the path of a KV secret; VAULT_KV_VERSION and VAULT_KV_MOUNT say how to read it`,
    );
  }
  if (by("mount") !== undefined && by("secret") === undefined) {
    return fail(
      "vault_mount_missing",
      `no secrets engine is mounted at "${mountOf(access, path)}"`,
      `Correct ${setting} or VAULT_NAMESPACE; vault secrets list shows what is mounted`,
    );
  }
  const version = access.kv.secretVersion;
  return fail(
    "vault_secret_missing",
    version === undefined ? "there is no such secret" : `there is no version ${version} of it`,
    version === undefined
      ? `Correct ${setting}, or write the secret: vault kv put ${path} database_host=…`
      : "Correct or unset VAULT_SECRET_VERSION",
  );
}

/** Why a token that Vault does not know was refused, and what to do. */
export function unknownToken(
  { token }: Pick<KvAccess, "token">,
): readonly [state: string, hint: string] {
  if (token === undefined) {
    return [
      "the Agent has no token that Vault accepts",
      "See the Agent's log: it has to log in by itself (auto_auth) and to add its token to our calls (use_auto_auth_token)",
    ];
  }
  return [
    "Vault does not accept the token",
    "Get a new token: it is wrong, has expired or was revoked, or belongs to another namespace",
  ];
}

/** Whether Vault knows the token; what it may read is another question. */
export async function tokenIsKnown({ client, token }: Omit<KvAccess, "kv">): Promise<boolean> {
  const answer = await client.call({
    method: "GET",
    path: "auth/token/lookup-self",
    doing: "look up the token in Vault",
    token,
  });
  return answer.status === 200 || isDenial(answer);
}

/**
 * Whether a 403 is about the policies of a token, which may lack even `default`. Then Vault counts
 * the errors, as "1 error occurred"; of a token that it does not know it says no more than "permission
 * denied", or adds "invalid token".
 */
export function isDenial(answer: Answer): boolean {
  return answer.status === 403 &&
    answer.errors.some((text) =>
      /^\d+ errors? occurred/.test(text) && !/invalid token|bad token/.test(text)
    );
}

/** The line that a policy lacks. */
export function policyLine(path: string, capability: string): string {
  return `path "${path}" { capabilities = ["${capability}"] }`;
}

function policyHint(denied: readonly Refused[]): string {
  const lines = denied.map(({ path }) => policyLine(path, "read"));
  return `Add to a policy of the token: ${lines.join(" or ")}`;
}

function mountOf({ kv }: KvAccess, path: string): string {
  return kv.mount ?? path.split("/")[0] ?? path;
}

function deletion(answer: Answer, path: string): readonly [state: string, hint: string] {
  const metadata = fieldsOf(answer.data.get("metadata"));
  const version = metadata.get("version");
  if (metadata.get("destroyed") === true) {
    return [
      `version ${version} was destroyed`,
      "Write the secret again, or set VAULT_SECRET_VERSION to a version that is left",
    ];
  }
  return [
    `version ${version} was deleted at ${textOf(metadata, "deletion_time") ?? "an unknown time"}`,
    `Run: vault kv undelete -versions=${version} ${path}, or set VAULT_SECRET_VERSION to another`,
  ];
}
