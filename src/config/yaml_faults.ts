import type { YAMLError } from "yaml";
import { MigrateError } from "../errors.ts";
import { placeAt } from "./excerpt.ts";

/** How many faults of a file are told: behind the first few, one follows from the other. */
const MOST = 10;

// In words of our own: the parser's sentences quote the file, and what they quote may be a password.
const MEANINGS: Readonly<Partial<Record<YAMLError["code"], string>>> = {
  BAD_ALIAS: "a `*` or `&` without a name; put a value that begins with one in quotes",
  BAD_DQ_ESCAPE: "an unknown escape in double quotes; write \\\\ or use single quotes",
  BAD_INDENT: "the indentation ends what is still open above",
  BAD_SCALAR_START: "a value begins with a character that needs quotes",
  BLOCK_AS_IMPLICIT_KEY: "a second `: ` on the line; put a value that holds one in quotes",
  KEY_OVER_1024_CHARS: "a key is too long",
  MISSING_CHAR: "a quote, a bracket or a colon is missing",
  MULTILINE_IMPLICIT_KEY: "a key must end with `: ` on its own line",
  MULTIPLE_DOCS: "a second document begins; keep one",
  TAB_AS_INDENT: "a tab in the indentation; use spaces",
  RESOURCE_EXHAUSTION: "it is nested too deeply",
  UNEXPECTED_TOKEN: "something stands where it cannot; values with special characters need quotes",
};

/** The error of a file that is not YAML, with the places where it is not. */
export function syntaxError(
  text: string,
  options: { readonly source: string; readonly errors: readonly YAMLError[] },
): MigrateError {
  const { errors, source } = options;
  const places = errors.slice(0, MOST).map((error) => ({
    message: MEANINGS[error.code] ?? "this cannot be read",
    ...placeAt(text, error.pos[0]),
  }));
  const more = errors.length - places.length;
  return new MigrateError(
    "config_syntax",
    `Cannot read the configuration: "${source}" is not YAML`,
    {
      details: [
        ...places.flatMap(({ line, column, message, excerpt }) => [
          `${source}:${line}:${column}: ${message}`,
          ...excerpt.map((shown) => `  ${shown}`),
        ]),
        ...(more > 0 ? [`and ${more} more`] : []),
      ],
      hint: "Correct the file at that place; values with special characters need quotes",
      data: {
        source,
        faults: places.map(({ line, column, message }) => ({ line, column, message })),
      },
    },
  );
}
