import { mayTouchTransactions, SETTINGS } from "./pipelinable.ts";
import type { Statement } from "./scanner.ts";
import type { Texts } from "./statements.ts";
import { WordSearch } from "./word_search.ts";

/** What of a file decides how it may be sent, gathered while it is gone through for the first time. */
export class Traits {
  readonly #settings = new WordSearch(SETTINGS);
  readonly #delimiter = new WordSearch(/\bdelimiter\b/i);
  #touchesTransactions = false;
  #setsLockTimeout = false;
  #length = 0;

  /** The same text, which is noted the first time that somebody goes through it. */
  noting(texts: Texts): Texts {
    let noted = false;
    return () => {
      if (noted) return texts();
      noted = true;
      return this.#noted(texts());
    };
  }

  *#noted(pieces: Iterable<string>): Iterable<string> {
    for (const piece of pieces) {
      this.#length += piece.length;
      this.#settings.read(piece);
      this.#delimiter.read(piece);
      yield piece;
    }
  }

  /** Notes each statement on its way. */
  *notingEach(statements: Iterable<Statement>): Iterable<Statement> {
    for (const statement of statements) {
      const { text } = statement;
      this.#touchesTransactions ||= mayTouchTransactions(text);
      this.#setsLockTimeout ||= /\block_timeout\b/i.test(text);
      yield statement;
    }
  }

  /** Whether the file may be sent whole before the first answer to it is there. */
  get pipelinable(): boolean {
    return !this.#touchesTransactions && !this.#settings.found;
  }

  /** Whether the file may set a delimiter of its own. */
  get setsDelimiter(): boolean {
    return this.#delimiter.found;
  }

  /** Whether the file itself says how long to wait for locks. */
  get setsLockTimeout(): boolean {
    return this.#setsLockTimeout;
  }

  /** How long its text is, in UTF-16 units. */
  get length(): number {
    return this.#length;
  }
}
