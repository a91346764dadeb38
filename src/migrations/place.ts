import { columnsOf, printable } from "./display.ts";

/** A place in a file as editors count it, both from 1; the column in characters. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The place of an index (in UTF-16 units) of a text. */
export function position(text: string, index: number): Place {
  let line = 1;
  let start = 0;
  for (let next = text.indexOf("\n"); next >= 0 && next < index; next = text.indexOf("\n", start)) {
    line++;
    start = next + 1;
  }
  return { line, column: [...text.slice(start, index)].length + 1 };
}

/**
 * The line of a place with a caret below it, cut around the place when it is longer than `width`
 * columns.
 */
export function excerpt(text: string, place: Place, width = 72): readonly string[] {
  const line = [...lineOf(text, place.line)].map(printable);
  const caret = Math.min(place.column - 1, line.length);
  const { from, to } = cut(line.map(columnsOf), { caret, width });
  const gutter = String(place.line);
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

function lineOf(text: string, number: number): string {
  let start = 0;
  for (let line = 1; line < number; line++) {
    const next = text.indexOf("\n", start);
    if (next < 0) return "";
    start = next + 1;
  }
  const end = text.indexOf("\n", start);
  return text.slice(start, end < 0 ? text.length : end).replace(/\r$/, "");
}

/** White space as wide as a character, so that the caret stands below its own. */
function blank(char: string): string {
  if (char === "\t") return char;
  return " ".repeat(columnsOf(char));
}
