/** What is told of several times. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The median and the ends of some times; of none, none. */
export function summarise(times: readonly number[]): Summary | undefined {
  const sorted = times.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) return undefined;
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? max;
  const lower = sorted[sorted.length % 2 === 0 ? half - 1 : half] ?? upper;
  return { median: (lower + upper) / 2, min, max };
}

/** Milliseconds as people read them: `27.8 s`, `0.44 s`, `17 ms`. */
export function duration(ms: number): string {
  if (ms < 200) return `${ms < 9.95 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
  return `${ms < 9_950 ? (ms / 1000).toFixed(2) : (ms / 1000).toFixed(1)} s`;
}

/** A median with its ends: `0.44 s (0.41–0.52)`; the ends in the unit of the median. */
export function spread({ max, median, min }: Summary): string {
  const unit = duration(median).endsWith("ms") ? 1 : 1000;
  const digits = unit === 1000 && median < 9_950 ? 2 : unit === 1000 ? 1 : 0;
  const end = (ms: number) => (ms / unit).toFixed(digits);
  return min === max ? duration(median) : `${duration(median)} (${end(min)}–${end(max)})`;
}
