import { columnsOf, printable } from "../migrations/mod.ts";

/** How many columns a text takes on a terminal. */
export function widthOf(text: string): number {
  return [...text].reduce((sum, char) => sum + columnsOf(char), 0);
}

/** A text as one line of at most so many columns; where something is missing stands `…`. */
export function cutTo(text: string, columns: number): string {
  const chars = [...text].map((char) => char === "\t" ? " " : printable(char));
  if (widthOf(chars.join("")) <= columns) return chars.join("");
  let line = "";
  let left = columns - 1;
  for (const char of chars) {
    left -= columnsOf(char);
    if (left < 0) break;
    line += char;
  }
  return columns < 1 ? "" : `${line}…`;
}
