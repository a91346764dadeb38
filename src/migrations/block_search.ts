/** A block to look for: where its body begins, and whether `ATOMIC` stands before it. */
export interface Block {
  readonly body: number;
  readonly atomic: boolean;
}

/** Work that asks on its way for the ends of blocks, which are nothing for what is none. */
export type Search<T> = Generator<Block, T, number | undefined>;

/**
 * What scanners of one text have found out. Words that begin no block would else be tried again and
 * again, twice as often at each level, and each would read the rest of the text.
 */
export class Known {
  /** Whether something was looked for up to the end of the text: with more of it the answer may differ. */
  hitEnd = false;
  /** Where blocks end: by twice the index of the body, and one for `ATOMIC`. */
  readonly blocks = new Map<number, number | undefined>();
  /** Where the first statement of what is no block ends, or what is wrong in it, by the body. */
  readonly firsts = new Map<number, number | Error>();
  /** Where blocks end that have come to the end of a statement: plain ones, and `ATOMIC` ones. */
  readonly endsBehind = [
    new Map<number, number | undefined>(),
    new Map<number, number | undefined>(),
  ] as const;
  readonly #missing = new Map<string, number>();

  /** As `text.indexOf`, but looks for what is not there only once. */
  indexOf(text: string, what: string, from: number): number {
    if (from >= (this.#missing.get(what) ?? Infinity)) return -1;
    const at = text.indexOf(what, from);
    if (at < 0) {
      this.#missing.set(what, from);
      this.hitEnd = true;
    }
    return at;
  }
}
