import { EXIT, type MigrateError } from "../errors.ts";

/** The exit code of an error; a stop by SIGTERM has one of its own. */
export function exitCode(error: MigrateError, signal: AbortSignal): number {
  return error.code === "interrupted" && signal.reason === "SIGTERM" ? EXIT.terminated : error.exit;
}
