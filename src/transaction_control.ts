import { MigrateError } from "./errors.ts";
import { nameOf } from "./failure.ts";
import {
  commandsIn,
  firstWords,
  lookUp,
  type Migration,
  type Statement,
} from "./migrations/mod.ts";

// BEGIN ATOMIC is the body of a function and never stands alone at the start of a statement.
const CONTROL =
  /^(?:begin|start transaction|commit|end|abort|rollback(?! (?:work |transaction )?to\b)|prepare transaction)\b/;

/**
 * Refuses a file that ends or begins transactions of its own while it runs inside one. Atlas goes
 * through with it: the work up to the `COMMIT` stays whatever happens later, and the run ends with
 * `unexpected transaction status idle`. (`SAVEPOINT` and `ROLLBACK TO` are no trouble.)
 *
 * @throws {MigrateError} `transaction_control` with file and line.
 */
export function refuseTransactionControl(
  migration: Migration,
  statements: Iterable<Statement>,
): void {
  for (const { at, words } of controlsIn(statements)) {
    const { line } = lookUp(migration.texts(), at).place;
    throw new MigrateError(
      "transaction_control",
      `Cannot apply ${
        nameOf(migration)
      }: line ${line} has ${words.toUpperCase()}, but the file runs in a transaction`,
      {
        details: [`${migration.path}:${line}`],
        hint:
          'Remove it, or make "-- atlas:txmode none" and an empty line the first two lines of the file',
        data: { version: migration.version, file: migration.path, line },
      },
    );
  }
}

const BEGIN = /^(?:begin|start)/;
const AND_CHAIN = /\band chain\b/;

/**
 * Refuses a file outside a transaction that begins one and does not end it, as far as its statements
 * tell: all that it does from there on would be lost, and the rows of it.
 *
 * @throws {MigrateError} `transaction_open` with file and line.
 */
export function refuseOpenTransaction(
  migration: Migration,
  statements: Iterable<Statement>,
): void {
  let begin: number | undefined;
  for (const { at, command } of controlsIn(statements)) {
    const begins = BEGIN.test(command);
    const goesOn = begins ? begin === undefined : AND_CHAIN.test(command);
    if (goesOn) begin = at;
    else if (!begins) begin = undefined;
  }
  if (begin === undefined) return;
  const { line } = lookUp(migration.texts(), begin).place;
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

/** A command that begins or ends a transaction. */
interface Control {
  /** Where it begins in the file. */
  readonly at: number;
  /** The words that tell what it is. */
  readonly words: string;
  /** Its first four words. */
  readonly command: string;
}

function* controlsIn(statements: Iterable<Statement>): Iterable<Control> {
  for (const { text, offset } of statements) {
    for (const at of commandsIn(text)) {
      const command = firstWords(text, at, 4);
      const [words] = CONTROL.exec(command) ?? [];
      if (words !== undefined) yield { at: offset + at, words, command };
    }
  }
}
