import type { ServerError } from "./server_error.ts";

/**
 * A server's error in the words that Atlas' driver gives it, which stand in the `error` column of
 * the revisions table (lib/pq 1.12.0, `Error.Error`), so that the history reads the same whoever
 * wrote it.
 */
export function atlasErrorText(error: ServerError, statement: string): string {
  return `pq: ${error.message}${place(error.position, statement)} (${error.sqlstate})`;
}

function place(position: number | undefined, statement: string): string {
  if (position === undefined) return "";
  const lines = statement.split("\n").map((line) => [...line].length);
  if (lines.length === 1) return ` at column ${position}`;
  let column = position;
  for (const [index, length] of lines.entries()) {
    if (column <= length + 1) return ` at position ${index + 1}:${column}`;
    column -= length + 1;
  }
  return "";
}
