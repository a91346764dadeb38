import { MigrateError } from "../../errors.ts";
import { type Answer, type Fields, secondsOf, textOf } from "./answer.ts";
import type { Client } from "./client.ts";
import { requestIdentityToken } from "./identity_token.ts";
import type { IdentityToken, Login } from "./login_settings.ts";
import { statusText } from "./refusal.ts";
import { readSecretFile } from "./secret_file.ts";
import { unwrapSecretId } from "./wrapping.ts";

/** What proves to Vault who we are. */
export interface Token {
  /** None where Vault Agent adds its own. */
  readonly text: string | undefined;
  /** Whether it was made for this run, and is to be revoked at its end. */
  readonly ours: boolean;
  readonly renewable: boolean;
  readonly lifeMs: number;
}

/** What logging in needs. */
export interface LoginContext {
  readonly client: Client;
  readonly signal: AbortSignal;
  /** Told of every secret that is met. */
  readonly learn: (secret: string) => void;
}

/**
 * Logs in.
 *
 * @throws {MigrateError} `vault_token_missing`, `vault_login_refused`, `config_unreadable` for a file
 * of a token, and the codes of `Client.call`.
 */
export async function logIn(login: Login, context: LoginContext): Promise<Token> {
  switch (login.method) {
    case "agent":
      return foreign(undefined);
    case "token":
      return foreign(login.token ?? await tokenFromFiles(login.files, context));
    case "approle": {
      const given = login.secretId ??
        (login.secretIdFile === undefined
          ? undefined
          : await readSecretFile("VAULT_SECRET_ID_FILE", {
            path: login.secretIdFile,
          }));
      if (given !== undefined) context.learn(given);
      const secretId = login.wrappingPath === undefined || given === undefined
        ? given
        : await unwrapSecretId(context, { wrapped: given, path: login.wrappingPath });
      return await post(context, {
        login,
        body: { role_id: login.roleId, ...(secretId === undefined ? {} : { secret_id: secretId }) },
      });
    }
    case "kubernetes":
    case "jwt": {
      const jwt = await identityToken(login, context);
      context.learn(jwt);
      return await post(context, { login, body: { role: login.role, jwt } });
    }
  }
}

function foreign(text: string | undefined): Token {
  return { text, ours: false, renewable: false, lifeMs: 0 };
}

async function tokenFromFiles(files: readonly string[], context: LoginContext): Promise<string> {
  for (const path of files) {
    const asked = !path.endsWith("/.vault-token");
    const text = await readSecretFile(asked ? "VAULT_TOKEN_FILE" : "the token", {
      path,
      optional: !asked,
    });
    if (text === undefined) continue;
    context.learn(text);
    return text;
  }
  throw new MigrateError("vault_token_missing", "Cannot log in to Vault: there is no token", {
    hint: "Set VAULT_TOKEN or VAULT_TOKEN_FILE, run vault login, or set VAULT_AUTH_METHOD",
    next: [{ command: "migrate help vault" }],
  });
}

async function identityToken(source: IdentityToken, context: LoginContext): Promise<string> {
  if (source.jwt !== undefined) return source.jwt;
  if (source.jwtFile !== undefined) {
    // Kubernetes lets every user of the container read the token of its service account.
    return await readSecretFile("VAULT_JWT_FILE", { path: source.jwtFile, foreign: true });
  }
  if (source.request !== undefined) {
    context.learn(source.request.token);
    return await requestIdentityToken(source.request, context.signal);
  }
  throw new MigrateError("vault_token_missing", "Cannot log in to Vault: there is no JWT", {
    hint: "Set VAULT_JWT or VAULT_JWT_FILE, or on GitHub Actions permissions: id-token: write",
  });
}

async function post(
  context: LoginContext,
  options: {
    readonly login: Extract<Login, { readonly mount: string }>;
    readonly body: Readonly<Record<string, unknown>>;
  },
): Promise<Token> {
  const { login: { method, mount }, body } = options;
  const answer = await context.client.call({
    method: "POST",
    path: `auth/${mount}/login`,
    body,
    doing: `log in to Vault with ${NAMES[method]}`,
    makes: true,
  });
  const text = textOf(answer.auth, "client_token");
  if (answer.status !== 200 || text === undefined) throw refusal(answer, options.login);
  context.learn(text);
  return { text, ...lifeOf(answer.auth) };
}

function lifeOf(auth: Fields): Omit<Token, "text"> {
  return {
    // A batch token is nowhere stored, and cannot be revoked.
    ours: auth.get("token_type") !== "batch",
    renewable: auth.get("renewable") === true,
    lifeMs: secondsOf(auth, "lease_duration"),
  };
}

const NAMES = { approle: "AppRole", kubernetes: "Kubernetes", jwt: "JWT" } as const;

const REMEDIES = {
  approle: "Check VAULT_ROLE_ID and VAULT_SECRET_ID; a secret id may have expired or be used up",
  kubernetes: "Check VAULT_AUTH_ROLE, and that it is bound to this service account",
  jwt: "Check VAULT_AUTH_ROLE, and its bound audiences and claims against the JWT",
} as const;

function refusal(
  answer: Answer,
  { method, mount }: Extract<Login, { readonly mount: string }>,
): MigrateError {
  const absent = answer.errors.some((text) => /no handler for route/.test(text));
  const state = absent
    ? `no authentication is mounted at "auth/${mount}"`
    : answer.auth.get("mfa_requirement") instanceof Object
    ? "a second factor is demanded"
    : statusText(answer);
  return new MigrateError(
    "vault_login_refused",
    `Cannot log in to Vault with ${NAMES[method]}: ${state}`,
    {
      hint: absent
        ? "Set VAULT_AUTH_MOUNT to where it is mounted, or correct VAULT_NAMESPACE"
        // Vault says no more where nothing is mounted: nobody shall find out what is.
        : answer.status === 403
        ? `${REMEDIES[method]}; or nothing is mounted at "auth/${mount}": set VAULT_AUTH_MOUNT`
        : REMEDIES[method],
      data: { status: answer.status },
    },
  );
}
