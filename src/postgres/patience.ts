/** How long to wait for what, where nobody else has said so. */
export interface Patience {
  /** How often, at most, a file is tried whose locks somebody else holds. */
  readonly tries: number;
  /** The pause before the second try; it doubles with each, up to the longest. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
  /** How soon, and then how often, to look from outside at a statement that has not answered. */
  readonly lookMs: number;
  /** How long a backend may show no sign of life before its connection counts as lost. */
  readonly silenceMs: number;
  /** How long to look for the truth after a connection was lost. */
  readonly settleMs: number;
}

/** About two minutes for locks: longer than most transactions, shorter than the time-out of a deployment. */
export const PATIENCE: Patience = {
  tries: 10,
  pauseMs: 500,
  longestPauseMs: 15_000,
  lookMs: 1_000,
  silenceMs: 30_000,
  settleMs: 30_000,
};

/** The pause before a try (the second is number 2), up to a half shorter by chance: rivals must not meet again. */
export function pauseBefore(attempt: number, patience: Patience): number {
  const full = Math.min(patience.longestPauseMs, patience.pauseMs * 2 ** (attempt - 2));
  return full * (1 - Math.random() / 2);
}

/** Waits, or ends early when the signal fires; says whether the whole time has passed. */
export function pause(ms: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (whole: boolean) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      resolve(whole);
    };
    const stop = () => end(false);
    const timer = setTimeout(() => end(true), ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop);
  });
}
