import { isSumIgnored } from "./directives.ts";
import type { SourceFile } from "./sums.ts";

/** The same file with all its lines ended in one way, read in pieces where it is not held whole. */
export function withLineEnds(file: SourceFile, end: "\n" | "\r\n"): SourceFile {
  const texts = () => ended(file.texts?.() ?? [file.text], end);
  return {
    name: file.name,
    get text() {
      return [...texts()].join("");
    },
    texts,
    get sumIgnored() {
      let start = "";
      for (const text of texts()) {
        start += text;
        if (start.includes("\n")) break;
      }
      return isSumIgnored(start);
    },
  };
}

function* ended(texts: Iterable<string>, end: string): Iterable<string> {
  let held = "";
  for (const text of texts) {
    const read = held + text;
    // What it belongs to is in the next piece.
    held = read.endsWith("\r") ? "\r" : "";
    yield read.slice(0, read.length - held.length).replaceAll("\r\n", "\n").replaceAll("\n", end);
  }
  yield held;
}
