import { type ErrorCode, MigrateError } from "../errors.ts";
import { pause } from "../postgres/mod.ts";

/** What may be otherwise in a moment: the database or Vault is starting, or is not there yet. */
const PASSING: readonly ErrorCode[] = [
  "connection_refused",
  "socket_missing",
  "host_unknown",
  "host_unreachable",
  "connection_timeout",
  "connection_failed",
  "connection_lost",
  "too_many_connections",
  "server_not_ready",
  "database_missing",
  "vault_unreachable",
  "vault_timeout",
  "vault_sealed",
  "vault_not_initialized",
  "vault_standby",
  "vault_rate_limit",
];

/** The longest pause between two tries; the first is a tenth of it. */
const PAUSE_MS = 1_000;

/**
 * Tries until `attempt` ends well. It gets the milliseconds that are left. What cannot get better by
 * waiting, as a wrong password, ends the wait at once: who tries it again and again may be locked out.
 *
 * @throws {MigrateError} what `attempt` throws: at once, or as the last reason when `timeoutMs` are
 * over; `interrupted`.
 */
export async function waitUntil(
  attempt: (leftMs: number) => Promise<void>,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (let pauseMs = PAUSE_MS / 10;; pauseMs = Math.min(PAUSE_MS, pauseMs * 2)) {
    try {
      return await attempt(Math.max(1, deadline - performance.now()));
    } catch (error) {
      if (signal.aborted) throw new MigrateError("interrupted", "Stopped while waiting");
      if (!(error instanceof MigrateError) || !PASSING.includes(error.code)) throw error;
      const left = deadline - performance.now();
      if (!await pause(Math.max(0, Math.min(pauseMs, left)), signal)) {
        throw new MigrateError("interrupted", "Stopped while waiting");
      }
      if (left <= pauseMs) throw tooLate(error, timeoutMs);
    }
  }
}

function tooLate(error: MigrateError, timeoutMs: number): MigrateError {
  return new MigrateError(error.code, `${error.message} (waited ${timeoutMs / 1000} s)`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: error.details,
    data: error.data,
    cause: error,
  });
}
