/** How much of what came before is kept: more than the longest match, and a character on either side. */
const KEPT = 64;

/** Looks for a pattern, which may match some words but no long text, in a text that comes in pieces. */
export class WordSearch {
  readonly #pattern: RegExp;
  #tail = "";
  #cut = false;
  #found = false;

  constructor(pattern: RegExp) {
    this.#pattern = new RegExp(pattern, `${pattern.flags}g`);
  }

  /** Whether it stands in what was read, as if that were all. */
  get found(): boolean {
    return this.#found || this.#stands(this.#tail, { open: false });
  }

  /** Reads on. */
  read(piece: string): void {
    if (this.#found) return;
    const text = this.#tail + piece;
    // What touches the end may be the beginning of another word.
    this.#found = this.#stands(text, { open: true });
    this.#cut ||= text.length > KEPT;
    this.#tail = text.slice(-KEPT);
  }

  #stands(text: string, { open }: { readonly open: boolean }): boolean {
    for (const { 0: match, index } of text.matchAll(this.#pattern)) {
      // What touches a cut may be the end of another word, and was looked at with what stood before.
      if (this.#cut && index === 0) continue;
      if (!open || index + match.length < text.length) return true;
    }
    return false;
  }
}
