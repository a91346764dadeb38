// Go's unicode.IsSpace: Unicode's White_Space. JavaScript's trim() differs at U+0085 and U+FEFF.
const SPACE =
  "\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const LEADING = new RegExp(`[${SPACE}]*`, "y");
const ONE = new RegExp(`[${SPACE}]`);

/** The index of the first character at or after `from` that is no white space, as Go sees it. */
export function skipSpace(text: string, from: number): number {
  LEADING.lastIndex = from;
  LEADING.test(text);
  return Math.max(from, LEADING.lastIndex);
}

/** The text between two indexes without white space at its ends, as Go's `strings.TrimSpace`. */
export function trimSpace(text: string): string {
  let end = text.length;
  while (end > 0 && ONE.test(text.charAt(end - 1))) end--;
  const start = skipSpace(text, 0);
  return start >= end ? "" : text.slice(start, end);
}
