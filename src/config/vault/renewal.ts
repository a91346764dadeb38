/** What is to be kept alive. */
export interface Renewable {
  /** For warnings: `the database user`. */
  readonly name: string;
  readonly lifeMs: number;
  /** Prolongs it and returns how long it lives now. */
  readonly renew: () => Promise<number>;
  readonly warn: (text: string) => void;
}

// A lease of a second cannot be kept alive by asking more often.
const SHORTEST_MS = 500;

/**
 * Prolongs something at two thirds of its life, again and again until disposed of. What cannot be
 * prolonged any more is told once: the run may still end in time.
 */
export class Renewal implements Disposable {
  readonly #what: Renewable;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #told = false;
  #over = false;

  constructor(what: Renewable) {
    this.#what = what;
    this.#plan(what.lifeMs);
  }

  [Symbol.dispose](): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  #plan(lifeMs: number): void {
    if (this.#over) return;
    // Half an hour is often enough, and within what a timer can wait for.
    const waitMs = Math.min(Math.max(SHORTEST_MS, lifeMs * 2 / 3), 30 * 60_000);
    this.#timer = setTimeout(() => this.#renew(lifeMs), waitMs);
  }

  async #renew(lifeMs: number): Promise<void> {
    const { name, renew } = this.#what;
    let leftMs = lifeMs / 3;
    try {
      leftMs = await renew();
      if (leftMs < this.#what.lifeMs / 2) {
        this.#tell(
          `${name} lives for ${Math.round(leftMs / 1000)} s more: Vault's max_ttl ends it`,
        );
      }
    } catch (error) {
      if (this.#over) return;
      const state = error instanceof Error ? error.message : String(error);
      this.#tell(`${name} may end before the run: ${state}`);
    }
    if (leftMs > SHORTEST_MS) this.#plan(leftMs);
  }

  #tell(text: string): void {
    if (this.#told) return;
    this.#told = true;
    this.#what.warn(text);
  }
}
