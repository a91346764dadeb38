import assert from "node:assert/strict";
import fc from "fast-check";

/** Our answer to a text beside that of Atlas. */
export interface Comparison {
  readonly ours: unknown;
  readonly atlas: unknown;
  /** `same`, the name of a known difference, or nothing when they differ otherwise. */
  readonly verdict: string | undefined;
}

/**
 * Compares our answers to texts with those of Atlas. The first that differs is made as small as it
 * goes, with Atlas as the judge, and told. The texts are chosen from those that `arbitrary` makes of
 * the seed, `made` of them.
 *
 * @returns how many texts met which verdict.
 */
export async function assertSame(
  texts: readonly string[],
  options: {
    readonly compare: (texts: readonly string[]) => Promise<ReadonlyMap<string, Comparison>>;
    readonly arbitrary: fc.Arbitrary<string>;
    readonly seed: number;
    readonly made: number;
  },
): Promise<Readonly<Record<string, number>>> {
  const { arbitrary, compare, made, seed } = options;
  const known = new Map(await compare(texts));
  const counts: Record<string, number> = {};
  for (const { verdict = "differs" } of known.values()) {
    counts[verdict] = (counts[verdict] ?? 0) + 1;
  }
  const [differing] = [...known].find(([, { verdict }]) => verdict === undefined) ?? [];
  if (differing === undefined) return counts;
  let shrinking = false;
  const found = await fc.check(
    fc.asyncProperty(arbitrary, async (text) => {
      // Of the texts that were made only those that were chosen count.
      if (!shrinking && !known.has(text)) return true;
      if (!known.has(text)) { for (const answer of await compare([text])) known.set(...answer); }
      const differs = known.get(text)?.verdict === undefined;
      shrinking ||= differs;
      return !differs;
    }),
    { seed, numRuns: made, interruptAfterTimeLimit: 120_000 },
  );
  const [text = differing] = found.counterexample ?? [];
  const { ours, atlas } = known.get(text) ?? {};
  assert.fail(
    `${counts["differs"]} of ${known.size} texts are answered otherwise, as ${
      JSON.stringify(text)
    }\nours:  ${JSON.stringify(ours)}\nAtlas: ${JSON.stringify(atlas)}`,
  );
}
