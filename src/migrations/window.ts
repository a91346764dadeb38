/** How much of a text is at hand at least, in UTF-16 units. */
export const WINDOW = 1 << 18;

/**
 * The part of a text that is at hand, while the text comes in pieces. It moves forward, and grows
 * where more must be seen at once.
 */
export class Window {
  readonly #pieces: Iterator<string>;
  readonly #least: number;
  #next: IteratorResult<string>;
  #text = "";
  #base = 0;

  /** No piece may end in the midst of a character; `least` is how much to read at a time. */
  constructor(pieces: Iterable<string>, least = WINDOW) {
    this.#pieces = pieces[Symbol.iterator]();
    this.#least = least;
    // Read ahead, to know the end when it is there.
    this.#next = this.#pieces.next();
    this.advance(0);
  }

  get text(): string {
    return this.#text;
  }

  /** The index in the whole text at which it begins. */
  get base(): number {
    return this.#base;
  }

  /** Whether nothing comes behind it. */
  get ended(): boolean {
    return this.#next.done === true;
  }

  /**
   * Forgets what stands before an index of the part, and reads three times as much as is left: who
   * has to see far ahead sees the same text only a few times, and little of it is copied.
   */
  advance(from: number): void {
    const rest = this.#text.slice(from);
    this.#base += from;
    const parts = [rest];
    const wanted = Math.max(this.#least, 3 * rest.length);
    for (let added = 0; added < wanted && this.#next.done !== true;) {
      parts.push(this.#next.value);
      added += this.#next.value.length;
      this.#next = this.#pieces.next();
    }
    // Joined, the parts let go of what they were cut from.
    this.#text = parts.join("");
  }

  /** Reads no more. */
  close(): void {
    this.#pieces.return?.();
  }
}
