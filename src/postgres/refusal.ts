import { MigrateError } from "../errors.ts";
import { ServerError } from "./server_error.ts";

/**
 * Turns a refusal by the server, met while we did something of our own, into an error for people.
 * `what` completes "Cannot …". Anything else passes through.
 */
export function toRefusal(error: unknown, what: string): unknown {
  if (!(error instanceof ServerError)) return error;
  const denied = error.sqlstate === "42501";
  return new MigrateError(
    denied ? "permission_denied" : "database_error",
    `Cannot ${what}: ${error.message}`,
    {
      details: [
        `SQLSTATE: ${error.sqlstate}`,
        ...(error.detail === undefined ? [] : [`detail: ${error.detail}`]),
        ...(error.hint === undefined ? [] : [`hint: ${error.hint}`]),
      ],
      hint: denied
        ? "Grant the right that is named, or log in as the owner of the database (database.user, database.role)"
        : "See the server's log for more",
      data: { sqlstate: error.sqlstate },
      cause: error,
    },
  );
}
