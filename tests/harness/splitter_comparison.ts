import assert from "node:assert/strict";
import fc from "fast-check";
import * as scanner from "../../src/migrations/scanner.ts";
import type { AtlasSplitter, Split } from "./atlas_splitter.ts";
import { sqlText } from "./sql_text.ts";
import type { Splitter } from "./splitter_variants.ts";

/** A place where we knowingly split otherwise than Atlas. */
export interface SplittingDifference {
  readonly reason: string;
  /** A text that shows it. */
  readonly example: string;
  readonly covers: (
    text: string,
    answers: { readonly ours: Split; readonly atlas: Split },
  ) => boolean;
}

/** The differences between our splitting and that of Atlas: there are no others. */
export const SPLITTING_DIFFERENCES: Readonly<Record<string, SplittingDifference>> = {
  "a delimiter that is one single quote": {
    reason: "Atlas breaks down (`slice bounds out of range`); we say where it stands",
    example: "DELIMITER '\nselect 1;",
    covers: (text, { atlas }) =>
      /delimiter +'\s*(?:\n|$)/i.test(text) &&
      typeof atlas === "string" && atlas.includes("slice bounds out of range"),
  },
  "a block that is cut inside a character": {
    reason:
      "Atlas does not count a delimiter directive at the head of a BEGIN block as read, cuts that " +
      "many bytes too early, and sends a broken character; we cut before it",
    example: "BEGIN ATOMIC -- atlas:delimiter é\nEND if; select 1234;",
    covers: (text, { atlas }) =>
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

/** How the splittings of a text compare. */
interface Comparison {
  readonly ours: Split;
  readonly atlas: Split;
  /** `same`, the name of a known difference, or nothing when they differ otherwise. */
  readonly verdict: string | undefined;
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
      covers(text, { ours, atlas: theirs })
    )?.[0];
    return [text, { ours, atlas: theirs, verdict: same ? "same" : known }];
  }));
}

/**
 * Compares the splittings of texts that `sqlText` makes of a seed. The first that differs is made as
 * small as it goes, with Atlas as the judge, and told.
 *
 * @returns how many texts met which verdict.
 */
export async function assertSameSplits(
  texts: readonly string[],
  options: { readonly atlas: AtlasSplitter; readonly seed: number; readonly made: number },
): Promise<Readonly<Record<string, number>>> {
  const known = new Map(await compareSplits(texts, options.atlas));
  const counts: Record<string, number> = {};
  for (const { verdict = "differs" } of known.values()) {
    counts[verdict] = (counts[verdict] ?? 0) + 1;
  }
  if (counts["differs"] === undefined) return counts;
  let shrinking = false;
  const found = await fc.check(
    fc.asyncProperty(sqlText, async (text) => {
      let comparison = known.get(text);
      if (comparison === undefined) {
        // Of the texts made at first only those that were chosen count.
        if (!shrinking) return true;
        comparison = (await compareSplits([text], options.atlas)).get(text);
      }
      const same = comparison?.verdict !== undefined;
      shrinking ||= !same;
      return same;
    }),
    { seed: options.seed, numRuns: options.made, interruptAfterTimeLimit: 120_000 },
  );
  const differing = [...known].find(([, { verdict }]) => verdict === undefined)?.[0];
  const [text = differing ?? ""] = found.counterexample ?? [];
  const { ours, atlas } = known.get(text) ??
    (await compareSplits([text], options.atlas)).get(text) ?? {};
  assert.fail(
    `${counts["differs"]} of ${known.size} texts are split otherwise, as ${
      JSON.stringify(text)
    }\n` +
      `ours:  ${JSON.stringify(ours)}\nAtlas: ${JSON.stringify(atlas)}`,
  );
}
