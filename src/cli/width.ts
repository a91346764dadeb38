import { columnsOf, printable } from "../migrations/mod.ts";

/** Printable ASCII takes one column each. */
const PLAIN = /^[\x20-\x7e]*$/;

// One symbol of several characters: a flag; emoji that are joined; one with a sign that it is an
// emoji, or with a colour of skin (Unicode Technical Standard 51).
const SYMBOL =
  /\p{RI}{2}|\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?(?:\u200d\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?)+|\p{Emoji}\ufe0f\u20e3?|\p{Emoji_Modifier_Base}\p{Emoji_Modifier}/gu;

/** How many columns a text takes on a terminal. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  // Any wide character stands for such a symbol.
  return [...text.replace(SYMBOL, "\u3042")].reduce((sum, char) => sum + columnsOf(char), 0);
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
