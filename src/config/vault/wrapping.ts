import { MigrateError } from "../../errors.ts";
import { type Answer, textOf } from "./answer.ts";
import type { LoginContext } from "./login.ts";
import { statusText } from "./refusal.ts";

/**
 * Takes a secret id out of its response wrapping, once it is sure that the wrapping was made where
 * secret ids are made: a wrapping of something else would be a trick.
 *
 * @throws {MigrateError} `vault_login_refused` also when somebody else has taken it out already.
 */
export async function unwrapSecretId(
  { client, learn }: LoginContext,
  { path, wrapped }: { readonly wrapped: string; readonly path: string },
): Promise<string> {
  const doing = "unwrap the secret id in Vault";
  const found = await client.call({
    method: "POST",
    path: "sys/wrapping/lookup",
    body: { token: wrapped },
    doing,
  });
  if (found.status !== 200) throw opened(found);
  const creation = textOf(found.data, "creation_path");
  if (creation !== path) {
    throw new MigrateError(
      "vault_login_refused",
      `Cannot unwrap the secret id in Vault: it was made at "${creation}", not at "${path}"`,
      { hint: "Find out who handed it over: VAULT_SECRET_ID_WRAPPING_PATH names another path" },
    );
  }
  const answer = await client.call({
    method: "POST",
    path: "sys/wrapping/unwrap",
    token: wrapped,
    doing,
    makes: true,
    maxRetries: 0,
  });
  const secretId = textOf(answer.data, "secret_id");
  if (answer.status !== 200 || secretId === undefined) throw opened(answer);
  learn(secretId);
  return secretId;
}

function opened(answer: Answer): MigrateError {
  return new MigrateError(
    "vault_login_refused",
    `Cannot unwrap the secret id in Vault: ${statusText(answer)}`,
    {
      hint:
        "It has expired, or somebody else has unwrapped it: find out who before you hand out another",
    },
  );
}
