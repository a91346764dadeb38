import { type ErrorCode, interrupted, MigrateError } from "../errors.ts";
import { pause } from "../postgres/mod.ts";

/** What may be otherwise in a moment: the database or Vault is starting. */
const STARTING: readonly ErrorCode[] = [
  "connection_refused",
  "socket_missing",
  "host_unknown",
  "host_unreachable",
  "connection_timeout",
  "connection_failed",
  "connection_lost",
  "too_many_connections",
  "server_not_ready",
  "vault_unreachable",
  "vault_timeout",
  "vault_sealed",
  "vault_not_initialized",
  "vault_standby",
  "vault_rate_limit",
  "vault_failed",
  // Vault itself may not reach the database yet.
  "vault_credentials",
];

/** What somebody may be about to make: the database, the role, its password, its rights. */
const UNMADE: readonly ErrorCode[] = ["database_missing", "login_refused", "permission_denied"];

/** The longest pauses between two tries; a log-in that is refused too often may be locked out. */
const PAUSE_MS = 1_000;
const REFUSED_PAUSE_MS = 5_000;
const FIRST_PAUSE_MS = 100;

/** One thing to try until it ends well. */
export type Attempt = (left: {
  /** Milliseconds until the time is over. */
  readonly leftMs: number;
  /** Fires when the time is over, or the program is told to stop. */
  readonly signal: AbortSignal;
}) => Promise<void>;

/**
 * Tries until `attempt` ends well. A server that starts, and a database or a role that is not made
 * yet, are waited for; what no waiting changes, as a configuration that is wrong, ends it at once.
 *
 * @throws {MigrateError} what `attempt` throws: at once, or as the last reason when `timeoutMs` are
 * over; `interrupted`.
 */
export async function waitUntil(
  attempt: Attempt,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), timeoutMs);
  let reason: MigrateError | undefined;
  try {
    for (let pauseMs = FIRST_PAUSE_MS;; pauseMs *= 2) {
      try {
        const leftMs = Math.max(1, deadline - performance.now());
        return await attempt({ leftMs, signal: AbortSignal.any([signal, over.signal]) });
      } catch (error) {
        if (signal.aborted) throw stopped();
        if (!(error instanceof MigrateError)) throw error;
        // Cut off by the end of the time, it says less than the try before.
        const cut = over.signal.aborted || performance.now() >= deadline;
        if (reason === undefined || !cut) reason = error;
        if (cut) throw tooLate(reason, timeoutMs);
        if (!STARTING.includes(error.code) && !UNMADE.includes(error.code)) throw error;
        const longest = UNMADE.includes(error.code) ? REFUSED_PAUSE_MS : PAUSE_MS;
        const left = deadline - performance.now();
        if (!await pause(Math.max(0, Math.min(pauseMs, longest, left)), signal)) throw stopped();
        if (left <= Math.min(pauseMs, longest)) throw tooLate(reason, timeoutMs);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

const stopped = () => interrupted("Stopped while waiting");

function tooLate(reason: MigrateError, timeoutMs: number): MigrateError {
  return reason.with({ message: `${reason.message} (waited ${timeoutMs / 1000} s)` });
}
