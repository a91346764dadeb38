import type { Database } from "../../database.ts";
import { type ConnectReason, reasonOf } from "../../postgres/mod.ts";

/** What the looks at the network need. */
export interface NetworkRequest {
  readonly database: Database;
  readonly signal: AbortSignal;
  readonly now: Date;
}

/** Why something on the way to the server failed; a look that timed out is told as such. */
export function reasonFor(error: unknown, { database }: NetworkRequest): ConnectReason {
  const timedOut = error instanceof DOMException && error.name === "TimeoutError";
  // Every look is searched for secrets as a whole.
  return reasonOf(error, { database, timedOut, redact: String });
}

/** How long one step may take. */
export function limits(
  { database, signal }: NetworkRequest,
): { readonly signal: AbortSignal; readonly timeoutMs: number } {
  return { signal, timeoutMs: database.connectTimeoutMs };
}
