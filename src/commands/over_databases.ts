/** How work on several databases is shared out. */
export interface OverOptions<D, T> {
  /** How many at once. */
  readonly jobs: number;
  /** Whether one that failed keeps others from being begun. */
  readonly failFast: boolean;
  /** Keeps others from being begun once it fires; whoever is at work looks at it himself. */
  readonly signal: AbortSignal;
  /**
   * Does the work on one database. `enough` fires when another one has failed and no more shall be
   * begun than cannot be left half done.
   */
  readonly work: (database: D, enough: AbortSignal) => Promise<T>;
  /** Whether work that came to its end has failed. */
  readonly hasFailed: (result: T) => boolean;
  /** Called for each database when it is over. */
  readonly onEnd?: (ending: Ending<D, T>) => void;
}

/** What became of one of several databases. */
export type Ending<D, T> =
  | { readonly database: D; readonly state: "ended"; readonly result: T }
  | { readonly database: D; readonly state: "threw"; readonly error: unknown }
  | { readonly database: D; readonly state: "skipped" };

/**
 * Does something with each of several databases, some at once, begun in the order given. What one
 * throws is its own ending and nobody else's. Returns the endings in the order of the databases.
 */
export async function overDatabases<D, T>(
  databases: readonly D[],
  options: OverOptions<D, T>,
): Promise<readonly Ending<D, T>[]> {
  const { failFast, hasFailed, jobs, onEnd, signal, work } = options;
  const endings = databases.map((database): Ending<D, T> => ({ database, state: "skipped" }));
  const enough = new AbortController();
  let next = 0;
  const worker = async () => {
    while (next < databases.length && !signal.aborted && !enough.signal.aborted) {
      const at = next++;
      const database = databases[at] as D;
      const ending = await attempt(database, () => work(database, enough.signal));
      endings[at] = ending;
      const failed = ending.state === "threw" ||
        (ending.state === "ended" && hasFailed(ending.result));
      if (failed && failFast) enough.abort();
      onEnd?.(ending);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, databases.length) }, worker));
  for (const ending of endings) if (ending.state === "skipped") onEnd?.(ending);
  return endings;
}

async function attempt<D, T>(database: D, work: () => Promise<T>): Promise<Ending<D, T>> {
  try {
    return { database, state: "ended", result: await work() };
  } catch (error) {
    return { database, state: "threw", error };
  }
}
