import { MigrateError } from "../errors.ts";
import { excerpt, position } from "./place.ts";
import { ScanError, Scanner, type Statement } from "./scanner.ts";

/**
 * Splits the text of a migration into statements, as Atlas does.
 *
 * @throws {MigrateError} `statement_syntax` with line and column when a quote or a parenthesis is
 * not closed, or a delimiter is set wrongly. `file` names the migration in the message.
 */
export function splitStatements(
  text: string,
  options: { readonly file: string },
): readonly Statement[] {
  const statements: Statement[] = [];
  try {
    const scanner = new Scanner(text);
    for (let next = scanner.next(); next !== undefined; next = scanner.next()) {
      statements.push(next);
    }
  } catch (error) {
    if (!(error instanceof ScanError)) throw error;
    throw syntaxError(text, { ...options, error });
  }
  return statements;
}

function syntaxError(
  text: string,
  options: { readonly file: string; readonly error: ScanError },
): MigrateError {
  const { error, file } = options;
  const place = position(text, Math.max(0, error.index ?? 0));
  return new MigrateError("statement_syntax", `Cannot split "${file}": ${error.message}`, {
    details: [`${file}:${place.line}:${place.column}`, ...excerpt(text, place)],
    hint:
      "Close what is open there; a backslash escapes nothing, so write '' for a quote in a text",
    data: { file, ...place },
    cause: error,
  });
}
