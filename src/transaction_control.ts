import { MigrateError } from "./errors.ts";
import { nameOf } from "./failure.ts";
import { type Migration, position, type Statement } from "./migrations/mod.ts";

// BEGIN ATOMIC is the body of a function and never stands alone at the start of a statement.
const CONTROL =
  /^(?:begin|start transaction|commit|end|abort|rollback(?! (?:work |transaction )?to\b)|prepare transaction)\b/i;

/**
 * Refuses a file that ends or begins transactions of its own while it runs inside one. Atlas goes
 * through with it: the work up to the `COMMIT` stays whatever happens later, and the run ends with
 * `unexpected transaction status idle`. (`SAVEPOINT` and `ROLLBACK TO` are no trouble.)
 *
 * @throws {MigrateError} `transaction_control` with file and line.
 */
export function refuseTransactionControl(
  migration: Migration,
  statements: readonly Statement[],
): void {
  for (const { text, offset } of statements) {
    const found = CONTROL.exec(firstWords(text));
    if (found === null) continue;
    const { line } = position(migration.text, offset);
    throw new MigrateError(
      "transaction_control",
      `Cannot apply ${nameOf(migration)}: line ${line} has ${
        found[0].toUpperCase()
      }, but the file runs in a transaction`,
      {
        details: [`${migration.path}:${line}`],
        hint:
          'Remove it, or make "-- atlas:txmode none" and an empty line the first two lines of the file',
        data: { file: migration.path, line },
      },
    );
  }
}

/** The start of a statement with one space between words, where comments may stand as well. */
function firstWords(text: string): string {
  let rest = text;
  const words: string[] = [];
  while (words.length < 3) {
    rest = rest.replace(/^(?:\s+|--.*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, "");
    const word = /^\w+/.exec(rest)?.[0];
    if (word === undefined) break;
    words.push(word);
    rest = rest.slice(word.length);
  }
  return words.join(" ");
}
