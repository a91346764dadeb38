/** The time for one call with all its tries; the outer signal ends it too, at once or after a grace. */
export class Limit implements Disposable {
  readonly #deadline = new AbortController();
  readonly #ends: number;
  readonly #stop: () => void;
  readonly #outer: AbortSignal;
  readonly #timers: ReturnType<typeof setTimeout>[] = [];
  over = false;

  constructor(ms: number, options: { readonly signal: AbortSignal; readonly graceMs: number }) {
    this.#ends = performance.now() + ms;
    this.#outer = options.signal;
    this.#later(ms, () => {
      this.over = true;
      this.#deadline.abort(new Error("out of time"));
    });
    const end = () => this.#deadline.abort(new Error("stopped"));
    this.#stop = options.graceMs === 0 ? end : () => this.#later(options.graceMs, end);
    this.#outer.addEventListener("abort", this.#stop, { once: true });
  }

  get signal(): AbortSignal {
    return this.#deadline.signal;
  }

  get leftMs(): number {
    return this.#ends - performance.now();
  }

  [Symbol.dispose](): void {
    this.#outer.removeEventListener("abort", this.#stop);
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #later(ms: number, act: () => void): void {
    this.#timers.push(setTimeout(act, ms));
  }
}
