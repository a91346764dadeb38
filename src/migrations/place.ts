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
  const line = [...lineOf(text, place.line)];
  const column = Math.min(place.column, line.length + 1);
  const from = column <= width ? 0 : column - Math.floor(width / 2);
  const shown = line.slice(from, from + width);
  const before = line.slice(from, column - 1);
  const gutter = String(place.line);
  const head = from > 0 ? "…" : "";
  const tail = from + width < line.length ? "…" : "";
  return [
    `${gutter} | ${head}${shown.join("")}${tail}`,
    `${" ".repeat(gutter.length)} | ${" ".repeat(head.length)}${before.map(blank).join("")}^`,
  ];
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

// East Asian wide characters and emoji take two columns, combining marks none.
const WIDE =
  /^(?:\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\uff01-\uff60])$/u;
const MARK = /^\p{M}$/u;

/** White space as wide as a character, so that the caret stands below its own. */
function blank(char: string): string {
  if (char === "\t") return "\t";
  if (MARK.test(char)) return "";
  return WIDE.test(char) ? "  " : " ";
}
