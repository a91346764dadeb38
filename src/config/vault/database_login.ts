import { type ErrorCode, MigrateError } from "../../errors.ts";
import { secondsOf, textOf } from "./answer.ts";
import type { KvAccess } from "./kv.ts";
import { missing, policyLine, tokenIsKnown, unknownToken } from "./kv_refusal.ts";
import { statusText } from "./refusal.ts";

/** A user of the database, made by Vault. */
export interface DatabaseLogin {
  readonly user: string;
  readonly password: string;
  /** None for a static role: its user stays. */
  readonly lease:
    | { readonly id: string; readonly lifeMs: number; readonly renewable: boolean }
    | undefined;
}

/**
 * Asks the database engine for a user: `database/creds/<role>` or `database/static-creds/<role>`.
 *
 * @throws {MigrateError} `vault_login_refused`, `vault_denied`, `vault_mount_missing`,
 * `vault_credentials`, and the codes of `Client.call`.
 */
export async function readDatabaseLogin(access: KvAccess, path: string): Promise<DatabaseLogin> {
  const doing = `get a database user from Vault at "${path}"`;
  const { client, token } = access;
  const answer = await client.call({ method: "GET", path, doing, token, makes: true });
  const fail = (code: ErrorCode, state: string, hint: string) =>
    new MigrateError(code, `Cannot ${doing}: ${state}`, { hint, data: { status: answer.status } });
  const user = textOf(answer.data, "username");
  const password = textOf(answer.data, "password");
  if (answer.status === 200 && isSendable(user) && isSendable(password)) {
    const id = textOf(answer.document, "lease_id");
    const lifeMs = secondsOf(answer.document, "lease_duration");
    const renewable = answer.document.get("renewable") === true;
    return { user, password, lease: id === undefined ? undefined : { id, lifeMs, renewable } };
  }
  if (answer.status === 403) {
    if (!await tokenIsKnown(access)) throw fail("vault_login_refused", ...unknownToken(access));
    throw fail(
      "vault_denied",
      "the token's policies do not allow it",
      `Add to a policy of the token: ${policyLine(path, "read")}`,
    );
  }
  if (missing(answer) === "mount") {
    throw fail(
      "vault_mount_missing",
      "no secrets engine is mounted there",
      "Correct VAULT_DB_CREDS: it is the mount of the database engine, /creds/ and a role",
    );
  }
  throw fail(
    "vault_credentials",
    answer.status === 200 ? "the answer holds no username and password" : statusText(answer),
    "Check the role in VAULT_DB_CREDS, and that Vault can reach the database",
  );
}

// The protocol ends each text with a NUL, and half a surrogate pair is not UTF-8.
function isSendable(text: string | undefined): text is string {
  return text !== undefined && !text.includes("\0") && text.isWellFormed();
}
