/** A value as it is quoted in a message: short, on one line, and without what may be a password. */
export function quoted(value: string): string {
  // `postgres://user:password@host` was meant for another place.
  const masked = value.replace(/^.*@/s, "****@");
  const short = masked.length > 60 ? `${masked.slice(0, 60)}…` : masked;
  return `"${visible(short)}"`;
}

/** A text with what a terminal would obey, or not show, written out. */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}]/gu,
    (char) => char === "\t" ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
