import { interrupted, MigrateError } from "../../errors.ts";
import { fieldsOf, textOf } from "./answer.ts";
import { backoffMs, sleep } from "./retry.ts";

/** How long GitHub may take, with all tries. */
const LIMIT_MS = 30_000;
const TRIES = 3;
/** More than any token. */
const MAX_BYTES = 64 * 1024;

/** Where GitHub Actions makes a token, and what it is asked with. */
export interface IdentityRequest {
  readonly url: string;
  readonly token: string;
  readonly audience: string | undefined;
}

/**
 * Asks GitHub Actions for a token that says which workflow this is, again if its end is busy.
 * https://docs.github.com/en/actions/reference/security/oidc
 *
 * @throws {MigrateError} `identity_token`, `interrupted`.
 */
export async function requestIdentityToken(
  request: IdentityRequest,
  signal: AbortSignal,
): Promise<string> {
  const url = URL.parse(request.url);
  if (url === null) throw failed("the address is not a URL");
  if (request.audience !== undefined) url.searchParams.set("audience", request.audience);
  const limit = AbortSignal.timeout(LIMIT_MS);
  const either = AbortSignal.any([signal, limit]);
  for (let attempt = 1;; attempt++) {
    const outcome = await ask(url, { token: request.token, signal: either });
    if (outcome.value !== undefined) return outcome.value;
    if (signal.aborted) throw interrupted("Stopped while logging in to Vault");
    if (limit.aborted) throw failed(`no answer within ${LIMIT_MS / 1000} s`, outcome.cause);
    if (!outcome.repeat || attempt === TRIES) throw failed(outcome.state, outcome.cause);
    await sleep(backoffMs(attempt), either);
  }
}

interface Outcome {
  readonly value?: string | undefined;
  readonly state: string;
  readonly repeat: boolean;
  readonly cause?: unknown;
}

async function ask(
  url: URL,
  { signal, token }: { readonly token: string; readonly signal: AbortSignal },
): Promise<Outcome> {
  try {
    const answer = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, accept: "application/json" },
      // The token is for this address alone.
      redirect: "manual",
      signal,
    });
    const state = `HTTP ${answer.status} without a token`;
    const repeat = answer.status >= 500 || answer.status === 429;
    const text = await readShort(answer);
    return { value: answer.ok ? valueOf(text) : undefined, state, repeat };
  } catch (cause) {
    return { state: "no answer", repeat: true, cause };
  }
}

/** The text of an answer; nothing if it is longer than any that is meant for us. */
async function readShort(answer: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    // Leaving the loop gives the rest up.
    if (text.length > MAX_BYTES) return "";
  }
  return text + decoder.decode();
}

function valueOf(text: string): string | undefined {
  try {
    return textOf(fieldsOf(JSON.parse(text)), "value");
  } catch {
    // What is not JSON holds no token.
    return undefined;
  }
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
