import { interrupted, MigrateError } from "../../errors.ts";

/** How long GitHub may take. */
const LIMIT_MS = 30_000;

/**
 * Asks GitHub Actions for a token that says which workflow this is.
 * https://docs.github.com/en/actions/reference/security/oidc
 *
 * @throws {MigrateError} `identity_token`, `interrupted`.
 */
export async function requestIdentityToken(
  request: { readonly url: string; readonly token: string; readonly audience: string | undefined },
  signal: AbortSignal,
): Promise<string> {
  let state = "the address is not a URL";
  const url = URL.parse(request.url);
  if (url !== null) {
    if (request.audience !== undefined) url.searchParams.set("audience", request.audience);
    try {
      const answer = await fetch(url, {
        headers: { authorization: `Bearer ${request.token}`, accept: "application/json" },
        // The token is for this address alone.
        redirect: "error",
        signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
      });
      const body: unknown = await answer.json();
      const value = typeof body === "object" && body !== null && "value" in body
        ? body.value
        : undefined;
      if (answer.ok && typeof value === "string" && value !== "") return value;
      state = `HTTP ${answer.status} without a token`;
    } catch (cause) {
      if (signal.aborted) throw interrupted("Stopped while logging in");
      throw failed("no answer", cause);
    }
  }
  throw failed(state);
}

function failed(state: string, cause?: unknown): MigrateError {
  return new MigrateError(
    "identity_token",
    `Cannot get an identity token from GitHub Actions: ${state}`,
    {
      hint: "Give the job `permissions: id-token: write`, or set VAULT_JWT or VAULT_JWT_FILE",
      cause,
    },
  );
}
