/** Something that answers a text, with a rule switched off. */
export interface Variant {
  readonly rule: string;
  /** What it answers; to be compared with what the true one answers. */
  readonly answer: (text: string) => string;
}

/** Texts, and how often each rule is hit by them. */
export interface Chosen {
  readonly texts: readonly string[];
  readonly hits: ReadonlyMap<string, number>;
}

/**
 * Chooses texts that hit every rule `least` times, as far as the candidates go. A text hits a rule
 * when it is answered otherwise without the rule: so whoever holds the true answers to the chosen
 * texts in hand notices when any one rule is off.
 */
export function chooseTexts(
  candidates: Iterable<string>,
  options: {
    readonly variants: readonly Variant[];
    readonly answer: (text: string) => string;
    readonly least: number;
  },
): Chosen {
  const hits = new Map(options.variants.map(({ rule }) => [rule, 0]));
  const texts = new Set<string>();
  let open = options.variants;
  for (const text of candidates) {
    if (open.length === 0) break;
    if (texts.has(text)) continue;
    const answer = options.answer(text);
    const hit = open.filter((variant) => variant.answer(text) !== answer);
    if (hit.length === 0) continue;
    texts.add(text);
    for (const { rule } of hit) hits.set(rule, (hits.get(rule) ?? 0) + 1);
    open = open.filter(({ rule }) => (hits.get(rule) ?? 0) < options.least);
  }
  return { texts: [...texts], hits };
}
