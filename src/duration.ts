/** A text that is no duration, in words for an error. */
export interface DurationFault {
  readonly fault: string;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Reads a duration such as `10s`, `5m`, `1h30m` or `250ms` and returns milliseconds. A bare number
 * is a fault: tools differ in what it means.
 */
export function parseDuration(text: string): number | DurationFault {
  if (/^0$/.test(text)) return 0;
  if (/^\d+$/.test(text)) return { fault: `"${text}" has no unit; write ${text}s or ${text}m` };
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) {
    return { fault: `"${text}" is no duration; write 10s, 5m, 1h30m or 250ms` };
  }
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(amount) * (UNITS[unit ?? ""] ?? 0);
  }
  // What a timer can wait for, about 24 days.
  return total <= 0x7fffffff ? Math.round(total) : { fault: `"${text}" is longer than 24 days` };
}
