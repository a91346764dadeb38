const FIRST_MS = 250;
const MAX_MS = 5_000;

/** How long to wait before the next try: longer each time, and never in step with others. */
export function backoffMs(attempt: number): number {
  const full = Math.min(MAX_MS, FIRST_MS * 2 ** attempt);
  return full / 2 + Math.random() * full / 2;
}

/** What `Retry-After` asks for, in milliseconds: seconds, or a date. */
export function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  // All forms of a date begin with the day of the week: RFC 9110, 5.6.7.
  const date = /^[A-Z][a-z]+,? /.test(header) ? Date.parse(header) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/**
 * Whether the same call may fare better later: 412 is a replica that lags behind, 429 the rate
 * limit, 501 an uninitialised server. Behind a 500, 502 or 504 the work may have been done, so a
 * call that makes something is repeated only where Vault did nothing.
 */
export function worthRepeating(status: number, call: { readonly makes?: true }): boolean {
  if (status === 412 || status === 429 || status === 503) return true;
  return call.makes === undefined && status >= 500 && status !== 501;
}

/** Waits, or until the signal fires. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });
}
