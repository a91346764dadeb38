import { cleanPath } from "./address.ts";
import type { IdentityRequest } from "./identity_token.ts";
import type { Variables } from "./variables.ts";

/** How to prove to Vault who we are. */
export type Login =
  | { readonly method: "token"; readonly token?: string; readonly files: readonly string[] }
  | { readonly method: "approle"; readonly mount: string } & AppRole
  | { readonly method: "kubernetes" | "jwt"; readonly mount: string } & IdentityToken
  /** Vault Agent puts a token of its own into each call. */
  | { readonly method: "agent" };

interface AppRole {
  readonly roleId: string;
  readonly secretId: string | undefined;
  readonly secretIdFile: string | undefined;
  /** Set when the secret id is response-wrapped: the path that must have made it. */
  readonly wrappingPath: string | undefined;
}

/** A token of somebody else's that says who we are, and the role to take with it. */
export interface IdentityToken {
  readonly role: string;
  readonly jwt: string | undefined;
  readonly jwtFile: string | undefined;
  /** Where GitHub Actions makes such a token. */
  readonly request: IdentityRequest | undefined;
}

const METHODS = ["token", "approle", "kubernetes", "jwt", "agent"] as const;
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Reads how to log in. What is wrong goes to the faults of the variables. */
export function readLogin(variables: Variables): Login {
  const token = variables.secret("VAULT_TOKEN");
  const tokenFile = variables.text("VAULT_TOKEN_FILE");
  const viaAgent = variables.text("VAULT_AGENT_ADDR") !== undefined;
  const given = variables.choice("VAULT_AUTH_METHOD", METHODS);
  const method = given ??
    (viaAgent && token === undefined && tokenFile === undefined ? "agent" : "token");
  switch (method) {
    case "agent":
      if (!viaAgent) variables.fault("VAULT_AGENT_ADDR", "is not set, and the method is agent");
      return { method };
    case "token":
      if (token !== undefined) return { method, token, files: [] };
      return { method, files: tokenFiles(variables, tokenFile) };
    case "approle":
      return { method, mount: mountOf(variables, method), ...readAppRole(variables) };
    case "kubernetes":
    case "jwt":
      return { method, mount: mountOf(variables, method), ...readIdentity(variables, method) };
  }
}

/** Where a token may lie, the first that exists counts. */
function tokenFiles(variables: Variables, tokenFile: string | undefined): readonly string[] {
  if (tokenFile !== undefined) return [tokenFile];
  const home = variables.text("HOME") ?? variables.text("USERPROFILE");
  return home === undefined ? [] : [`${home}/.vault-token`];
}

function mountOf(variables: Variables, method: string): string {
  const text = variables.text("VAULT_AUTH_MOUNT") ?? method;
  const path = cleanPath(text)?.replace(/^auth\//, "");
  if (path === undefined) {
    variables.fault("VAULT_AUTH_MOUNT", `is "${text}": must be a path such as ${method}`);
  }
  return path ?? method;
}

function readAppRole(variables: Variables): AppRole {
  const roleId = variables.required("VAULT_ROLE_ID", "is not set, and the method is approle");
  const secretId = variables.secret("VAULT_SECRET_ID");
  const secretIdFile = variables.text("VAULT_SECRET_ID_FILE");
  if (secretId !== undefined && secretIdFile !== undefined) {
    variables.fault("VAULT_SECRET_ID_FILE", "cannot stand beside VAULT_SECRET_ID: keep one");
  }
  const path = variables.text("VAULT_SECRET_ID_WRAPPING_PATH");
  const wrappingPath = path === undefined ? undefined : cleanPath(path);
  if (path !== undefined && wrappingPath === undefined) {
    variables.fault("VAULT_SECRET_ID_WRAPPING_PATH", `is "${path}": must be a path`);
  }
  if (path !== undefined && secretId === undefined && secretIdFile === undefined) {
    variables.fault("VAULT_SECRET_ID", "is not set, and VAULT_SECRET_ID_WRAPPING_PATH is");
  }
  return { roleId, secretId, secretIdFile, wrappingPath };
}

function readIdentity(variables: Variables, method: "kubernetes" | "jwt"): IdentityToken {
  const role = variables.required("VAULT_AUTH_ROLE", `is not set, and the method is ${method}`);
  const jwt = variables.secret("VAULT_JWT");
  const jwtFile = variables.text("VAULT_JWT_FILE") ??
    (method === "kubernetes" && jwt === undefined ? SERVICE_ACCOUNT : undefined);
  const url = variables.text("ACTIONS_ID_TOKEN_REQUEST_URL");
  const token = variables.secret("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
  const request = url === undefined || token === undefined
    ? undefined
    : { url, token, audience: variables.text("VAULT_JWT_AUDIENCE") };
  if (jwt === undefined && jwtFile === undefined && request === undefined) {
    variables.fault(
      "VAULT_JWT",
      "is not set, nor is VAULT_JWT_FILE; on GitHub Actions the job needs `permissions: id-token: write`",
    );
  }
  return { role, jwt, jwtFile, request };
}
