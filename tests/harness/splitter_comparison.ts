import * as scanner from "../../src/migrations/scanner.ts";
import type { AtlasSplitter, Split } from "./atlas_splitter.ts";
import type { Comparison } from "./differential.ts";
import type { Splitter } from "./splitter_variants.ts";

/** How a difference from Atlas is known again. */
interface SplittingDifference {
  /** A text that shows it. */
  readonly example: string;
  readonly covers: (text: string, atlas: Split) => boolean;
}

/** The differences between our splitting and that of Atlas, by their names in `DIFFERENCES`. */
export const SPLITTING_DIFFERENCES: Readonly<Record<string, SplittingDifference>> = {
  single_quote_delimiter: {
    example: "DELIMITER '\nselect 1;",
    covers: (text, atlas) =>
      /delimiter +'\s*(?:\n|$)/i.test(text) &&
      typeof atlas === "string" && atlas.includes("slice bounds out of range"),
  },
  character_cut: {
    example: "BEGIN ATOMIC -- atlas:delimiter é\nEND if; select 1234;",
    covers: (text, atlas) =>
      typeof atlas !== "string" && atlas.join("").includes("\ufffd") && !text.includes("\ufffd") &&
      /begin\s+(?:atomic\s+)?-- atlas:delimiter/i.test(text),
  },
};

const OURS = { ...scanner };

/** Every kind of refusal, as the words begin behind the place. */
export const REFUSALS: readonly string[] = [
  ...["unclosed quote '\\''", "unclosed quote '\"'", "unclosed quote '`'", "unclosed '('"],
  ...["unexpected ')'", "empty delimiter", "no input found after delimiter"],
];

/** How a splitter, ours if none is given, splits a text, with refusals in the words of Atlas. */
export function splitOf(text: string, splitter: Pick<Splitter, "Scanner"> = OURS): Split {
  const statements: string[] = [];
  try {
    const scanner = new splitter.Scanner(text);
    for (let next = scanner.next(); next !== undefined; next = scanner.next()) {
      statements.push(next.text);
      if (statements.length > text.length) return "does not end";
    }
    return statements;
  } catch (error) {
    if (!(error instanceof Error && error.name === "ScanError")) throw error;
    return refusal(text, error);
  }
}

/** Atlas counts bytes, from 1. */
function refusal(text: string, error: Error & { readonly index?: number }): string {
  const { index, message } = error;
  if (index === undefined) return message;
  // Of a delimiter Atlas shows characters that cannot be seen by their numbers.
  if (index < 0) return `1:0: ${kindOf(message)}`;
  const before = text.slice(0, index);
  const line = before.split("\n").length;
  const column = new TextEncoder().encode(before.slice(before.lastIndexOf("\n") + 1)).length + 1;
  return `${line}:${column}: ${message}`;
}

/** Which of the refusals the words of one are. */
export function kindOf(words: string): string {
  return REFUSALS.find((kind) => words.replace(/^\d+:\d+: /, "").startsWith(kind)) ?? words;
}

/** Asks Atlas for texts, and compares. */
export async function compareSplits(
  texts: readonly string[],
  atlas: AtlasSplitter,
): Promise<ReadonlyMap<string, Comparison>> {
  const answers = await atlas.split(texts, (text) => typeof splitOf(text) === "string");
  return new Map(texts.map((text) => {
    const ours = splitOf(text);
    const words = answers.get(text) ?? "no answer";
    const theirs = typeof words === "string"
      ? words.replace(/(no input found after delimiter).*/s, "$1")
      : words;
    const same = JSON.stringify(ours) === JSON.stringify(theirs);
    const known = Object.entries(SPLITTING_DIFFERENCES).find(([, { covers }]) =>
      covers(text, theirs)
    )?.[0];
    return [text, { ours, atlas: theirs, verdict: same ? "same" : known }];
  }));
}
