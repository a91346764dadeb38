import fc from "fast-check";

/** A text in pieces of so many characters, the last one perhaps shorter. */
export function* piecesOf(text: string, size: number): Iterable<string> {
  let piece = "";
  let count = 0;
  for (const character of text) {
    piece += character;
    if (++count < size) continue;
    yield piece;
    piece = "";
    count = 0;
  }
  if (piece !== "") yield piece;
}

/** Sizes of pieces and windows, mostly so small that everything meets their ends. */
export const smallSize = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 40 }) },
);
