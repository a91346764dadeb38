import postgres from "postgres";
import { readFields, ServerError } from "./server_error.ts";

/** One row of a result; values are what the driver makes of PostgreSQL's types. */
export type Row = Readonly<Record<string, unknown>>;

/** The rows of each command of a text that has some; the driver makes a list only of several. */
export function rowsOf(result: postgres.RowList<Row[]>): readonly (readonly Row[])[] {
  const results: unknown[] = Array.isArray(result[0]) ? [...result] : [result];
  return results.filter((each): each is postgres.RowList<Row[]> =>
    Array.isArray(each) && "columns" in each && Array.isArray(each.columns)
  );
}

/** The rows of the last command of a text. */
export function lastOf(result: postgres.RowList<Row[]>): postgres.RowList<Row[]> {
  const last: unknown = result.at(-1);
  return Array.isArray(last) ? last as postgres.RowList<Row[]> : result;
}

/** Whether the server has ended the connection with this error. */
export function isFatal(error: postgres.PostgresError): boolean {
  return error.severity_local === "FATAL";
}

/** What the driver throws for an error of the server, as an error of ours. */
export function serverError(
  error: postgres.PostgresError,
  redact: (text: string) => string,
  blockers: readonly string[] = [],
): ServerError {
  return new ServerError(readFields({ ...error, message: error.message }, redact), blockers);
}
