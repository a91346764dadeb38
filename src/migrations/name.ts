/** What the name of a migration says, by Atlas' grammar (Atlas' `sql/migrate`, `LocalFile`). */
export interface MigrationName {
  /** What stands before the first underscore. */
  readonly version: string;
  /** What stands behind it, without `.sql`. */
  readonly description: string;
}

/** Reads the name of a file. */
export function parseName(file: string): MigrationName {
  const stem = file.endsWith(".sql") ? file.slice(0, -4) : file;
  const underscore = stem.indexOf("_");
  return underscore < 0
    ? { version: stem, description: "" }
    : { version: stem.slice(0, underscore), description: stem.slice(underscore + 1) };
}

/** Orders names and versions by the bytes of their UTF-8, as Atlas does; nothing is a number. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  let i = 0;
  while (i < a.length && i < b.length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  // A surrogate pair stands for a character above all others, though its units are below U+E000.
  const rank = (text: string) => {
    const unit = text.charCodeAt(i);
    return Number.isNaN(unit) ? -1 : unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
  };
  return rank(a) - rank(b);
}
