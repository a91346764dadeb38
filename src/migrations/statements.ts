import { MigrateError } from "../errors.ts";
import { Known } from "./block_search.ts";
import { lookUp } from "./place.ts";
import { ScanError, Scanner, type Statement } from "./scanner.ts";
import { Window } from "./window.ts";

/** A text that can be gone through again and again, in pieces none of which ends in a character. */
export type Texts = () => Iterable<string>;

/** How to split. */
export interface SplitOptions {
  /** Names the migration in messages. */
  readonly file: string;
  /** How much of the text to have at hand at least, in UTF-16 units. */
  readonly window?: number;
}

/**
 * How much of a text is kept with its statements, in UTF-16 units, where each counts for so many
 * more: to find a few long ones again costs more memory than to keep them, of many it is less.
 */
const KEPT = 1 << 24;
const EACH = 1 << 14;

/**
 * The statements of a migration, as Atlas splits it. Those of a large one are found anew each time
 * somebody goes over them, and at no time is its text held whole.
 */
export class Statements implements Iterable<Statement> {
  readonly #texts: Texts;
  readonly #options: SplitOptions;
  #kept: readonly Statement[] | undefined;
  #length: number | undefined;

  constructor(texts: Texts, options: SplitOptions) {
    this.#texts = texts;
    this.#options = options;
  }

  /** How many there are. */
  get length(): number {
    if (this.#length === undefined) { for (const _ of this); }
    return this.#length ?? 0;
  }

  /** Keeps none of them any more: who goes over them again has them found anew. */
  release(): void {
    this.#kept = undefined;
  }

  /** Those from a number on, from 0. */
  from(number: number): IteratorObject<Statement, undefined> {
    return this[Symbol.iterator]().drop(number);
  }

  /** The one with a number, if there is one. */
  at(number: number): Statement | undefined {
    return this.from(number).find(() => true);
  }

  /**
   * @throws {MigrateError} `statement_syntax` with line and column when a quote or a parenthesis is
   * not closed, or a delimiter is set wrongly; what reading the text throws.
   */
  *[Symbol.iterator](): Generator<Statement, undefined, undefined> {
    if (this.#kept !== undefined) {
      yield* this.#kept;
      return;
    }
    const window = new Window(this.#texts(), this.#options.window);
    try {
      let kept: Statement[] | undefined = [];
      let length = 0;
      for (const statement of this.#split(window)) {
        length++;
        kept?.push(statement);
        if (statement.offset + statement.text.length + EACH * length > KEPT) kept = undefined;
        yield statement;
      }
      this.#length = length;
      this.#kept = kept;
    } finally {
      window.close();
    }
  }

  *#split(window: Window): Iterable<Statement> {
    try {
      yield* statementsIn(window);
    } catch (error) {
      if (error instanceof ScanError) throw syntaxError(this.#texts, { ...this.#options, error });
      throw error;
    }
  }
}

/**
 * Splits the text of a migration into statements, as Atlas does. `file` names it in messages.
 *
 * @throws {MigrateError} `statement_syntax` as `Statements`.
 */
export function splitStatements(
  text: string,
  options: { readonly file: string },
): readonly Statement[] {
  return [...new Statements(() => [text], options)];
}

/**
 * The statements of a text in a window that moves over it. A statement counts once finding it did not
 * touch the end of the window, or that is the end of the text.
 */
function* statementsIn(window: Window): Iterable<Statement> {
  let delimiter = "";
  for (let from = 0;; window.advance(from), from = 0) {
    const known = new Known();
    const look = <T>(find: () => T): T | "cut" => {
      try {
        const found = find();
        return known.hitEnd && !window.ended ? "cut" : found;
      } catch (error) {
        if (!(error instanceof ScanError)) throw error;
        if (known.hitEnd && !window.ended) return "cut";
        const { index, message } = error;
        throw new ScanError(message, index === undefined ? undefined : window.base + index);
      }
    };
    const scanner = look(() => new Scanner(window.text, 0, known, delimiter));
    if (scanner === "cut") continue;
    while (true) {
      from = scanner.position;
      delimiter = scanner.delimiter;
      const statement = look(() => scanner.next());
      if (statement === "cut") break;
      if (statement === undefined) return;
      yield { text: statement.text, offset: window.base + statement.offset };
    }
  }
}

function syntaxError(
  texts: Texts,
  options: { readonly file: string; readonly error: ScanError },
): MigrateError {
  const { error, file } = options;
  const { excerpt, place } = lookUp(texts(), Math.max(0, error.index ?? 0));
  return new MigrateError("statement_syntax", `Cannot split "${file}": ${error.message}`, {
    details: [`${file}:${place.line}:${place.column}`, ...excerpt],
    hint:
      "Close what is open there; a backslash escapes nothing, so write '' for a quote in a text",
    data: { file, ...place },
    cause: error,
  });
}
