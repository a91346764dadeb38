import { eastAsianWidth } from "get-east-asian-width";

// Marks that are set upon the character before, joiners, and the inner letters of Hangul.
const NO_WIDTH = /^(?:\p{Mn}|\p{Me}|\p{Cf}|[\u1160-\u11ff])$/u;

/** How many columns a character takes on a terminal; for a tab the most that it can. */
export function columnsOf(char: string): number {
  if (char === "\t") return 8;
  if (NO_WIDTH.test(char)) return 0;
  // East Asian wide characters and emoji take two (Unicode Standard Annex 11), and so does half a
  // flag, whose width is that of its picture.
  return /^\p{RI}$/u.test(char) ? 2 : eastAsianWidth(char.codePointAt(0) ?? 0);
}

/** A character as it can be printed: a control character would move the cursor or do worse. */
export function printable(char: string): string {
  if (char === "\t" || !/^\p{Cc}$/u.test(char)) return char;
  if (char === "\x7f") return "\u2421";
  return char < " " ? String.fromCharCode(0x2400 + char.charCodeAt(0)) : "\ufffd";
}
