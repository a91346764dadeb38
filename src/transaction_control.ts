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
        data: { version: migration.version, file: migration.path, line },
      },
    );
  }
}

const BEGIN = /^(?:begin|start)/i;
const AND_CHAIN = /\band\s+chain\b/i;

/**
 * Refuses a file outside a transaction that begins one and does not end it, as far as its statements
 * tell: all that it does from there on would be lost, and the rows of it.
 *
 * @throws {MigrateError} `transaction_open` with file and line.
 */
export function refuseOpenTransaction(
  migration: Migration,
  statements: readonly Statement[],
): void {
  let begin: Statement | undefined;
  for (const statement of statements) {
    const found = CONTROL.exec(firstWords(statement.text));
    if (found === null) continue;
    // With a delimiter of the file's own, or as a block, it may end what it begins.
    if (/;(?!\s*$)/.test(statement.text)) return;
    const goesOn = BEGIN.test(found[0]) ? begin === undefined : AND_CHAIN.test(statement.text);
    if (goesOn) begin = statement;
    else if (!BEGIN.test(found[0])) begin = undefined;
  }
  if (begin === undefined) return;
  const { line } = position(migration.text, begin.offset);
  throw new MigrateError(
    "transaction_open",
    `Cannot apply ${
      nameOf(migration)
    }: line ${line} begins a transaction that the file does not end`,
    {
      details: [`${migration.path}:${line}`],
      hint: "Add the missing COMMIT to the file",
      data: { version: migration.version, file: migration.path, line },
    },
  );
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
