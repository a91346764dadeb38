import { widthOf } from "./width.ts";

// deno-lint-ignore no-control-regex -- what begins a colour is a control character
const COLOURS = /\x1b\[[\d;]*m/g;

/** The text as it is without colours. */
export function withoutColours(text: string): string {
  return text.includes("\x1b") ? text.replace(COLOURS, "") : text;
}

/** How many columns a text takes, whatever its colours. */
export function shownWidth(text: string): number {
  return widthOf(withoutColours(text));
}

/** The text with spaces behind it, up to a number of columns. */
export function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - shownWidth(text)));
}

/**
 * Breaks a text between words so that it fits into `width` columns; the first line has `first`
 * columns less, and those after it begin with `indent` spaces. A word that is too long, as a path,
 * stays whole.
 */
export function hanging(
  text: string,
  options: { readonly indent: number; readonly width: number; readonly first?: number },
): string {
  const { first = options.indent, indent, width } = options;
  const lines: string[] = [];
  let line = "";
  let used = first;
  for (const word of text.split(" ")) {
    const columns = shownWidth(word);
    if (line !== "" && used + 1 + columns > width) {
      lines.push(line);
      line = word;
      used = indent + columns;
    } else {
      used += columns + (line === "" ? 0 : 1);
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}
