import { columnsOf, printable } from "./display.ts";

/** A place in a file as editors count it, both from 1; the column in characters. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** How much of a line is looked at on either side of a place, in UTF-16 units: more than is shown. */
const NEAR = 1 << 12;

/**
 * The place of an index (in UTF-16 units) and its `excerpt`, of a text that comes in pieces, none of
 * which ends in the midst of a character. Neither the text nor a long line of it is held whole.
 */
export function lookUp(
  pieces: Iterable<string>,
  index: number,
): { readonly place: Place; readonly excerpt: readonly string[] } {
  let base = 0;
  let line = 1;
  let column = 1;
  let before = "";
  let after = "";
  for (const piece of pieces) {
    const at = Math.min(piece.length, Math.max(0, index - base));
    const start = piece.lastIndexOf("\n", at - 1) + 1;
    if (at > 0 && start > 0) {
      line += newlinesIn(piece, at);
      column = 1;
      before = "";
    }
    const passed = piece.slice(start <= at ? start : 0, at);
    for (const _ of passed) column++;
    before = (before + passed.slice(-NEAR)).slice(-NEAR);
    after += piece.slice(at, at + NEAR);
    base += piece.length;
    if (after.includes("\n") || after.length >= NEAR) break;
  }
  const [rest = ""] = after.split("\n", 1);
  const text = (before + rest).replace(/\r$/, "");
  return { place: { line, column }, excerpt: excerpt(text, { line, caret: [...before].length }) };
}

/** Counts the lines of a text that comes in pieces, up to indexes none of which is before the last. */
export class LineCounter {
  readonly #pieces: Iterator<string>;
  #piece = "";
  #base = 0;
  #at = 0;
  #line = 1;

  constructor(pieces: Iterable<string>) {
    this.#pieces = pieces[Symbol.iterator]();
  }

  /** The line, from 1, of an index in UTF-16 units. */
  lineAt(index: number): number {
    while (true) {
      const end = Math.min(this.#piece.length, index - this.#base);
      this.#line += newlinesIn(this.#piece, end, this.#at);
      this.#at = Math.max(this.#at, end);
      if (index - this.#base <= this.#piece.length) return this.#line;
      const next = this.#pieces.next();
      if (next.done === true) return this.#line;
      this.#base += this.#piece.length;
      this.#piece = next.value;
      this.#at = 0;
    }
  }

  /** Reads no more. */
  close(): void {
    this.#pieces.return?.();
  }
}

function newlinesIn(text: string, end: number, from = 0): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) {
    count++;
  }
  return count;
}

/**
 * A line with a caret below one of its characters, cut around that when it is longer than `width`
 * columns; `line` is its number.
 */
export function excerpt(
  text: string,
  options: { readonly line: number; readonly caret: number; readonly width?: number },
): readonly string[] {
  const { width = 72 } = options;
  const line = [...text].map(printable);
  const caret = Math.min(options.caret, line.length);
  const { from, to } = cut(line.map(columnsOf), { caret, width });
  const gutter = String(options.line);
  const head = from > 0 ? "…" : "";
  const tail = to < line.length ? "…" : "";
  const before = line.slice(from, caret).map(blank).join("");
  return [
    `${gutter} | ${head}${line.slice(from, to).join("")}${tail}`,
    `${" ".repeat(gutter.length)} | ${" ".repeat(head.length)}${before}^`,
  ];
}

/** Which part of a line to show: its start if the caret is in it, else one with the caret inside. */
function cut(
  columns: readonly number[],
  options: { readonly caret: number; readonly width: number },
): { readonly from: number; readonly to: number } {
  const { caret, width } = options;
  const widthOf = (start: number, end: number) =>
    columns.slice(start, end).reduce((sum, own) => sum + own, 0);
  let from = 0;
  if (widthOf(0, caret) >= width) {
    from = caret;
    while (widthOf(from - 1, caret) <= width / 2) from--;
  }
  let to = from;
  while (to < columns.length && widthOf(from, to + 1) <= width) to++;
  return { from, to };
}

/** White space as wide as a character, so that the caret stands below its own. */
function blank(char: string): string {
  if (char === "\t") return char;
  return " ".repeat(columnsOf(char));
}
