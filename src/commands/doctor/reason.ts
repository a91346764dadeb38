import type { Database } from "../../database.ts";
import { type ConnectReason, reasonOf } from "../../postgres/mod.ts";

/** What the looks at the network need. */
export interface NetworkRequest {
  readonly database: Database;
  readonly signal: AbortSignal;
  readonly now: Date;
  readonly redact: (text: string) => string;
}

/** Why something on the way to the server failed; a look that timed out is told as such. */
export function reasonFor(
  error: unknown,
  { database, redact }: NetworkRequest,
): ConnectReason {
  const timedOut = error instanceof DOMException && error.name === "TimeoutError";
  return reasonOf(error, { database, timedOut, redact });
}

/** How long one step may take. */
export function limits(
  { database, signal }: NetworkRequest,
): { readonly signal: AbortSignal; readonly timeoutMs: number } {
  return { signal, timeoutMs: database.connectTimeoutMs };
}
