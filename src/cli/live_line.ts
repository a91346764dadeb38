import type { World } from "../world.ts";

/** Back to the start of the line, and erase it. */
const WIPE = "\r\x1b[2K";

/**
 * One line at the end of standard error that shows what is going on, on a terminal only. It is
 * wiped before anything else is written, so that it never stands between the lines of a report.
 */
export class LiveLine implements Disposable {
  readonly #world: World;
  readonly #on: boolean;
  #text = "";
  #since = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(world: World, options: { readonly on: boolean }) {
    this.#world = world;
    this.#on = options.on && world.terminal.err && world.env["TERM"] !== "dumb";
  }

  /** Shows a text with the time since it appeared. */
  show(text: string): void {
    if (!this.#on) return;
    this.#text = text;
    this.#since = performance.now();
    this.#draw();
    this.#timer ??= setInterval(() => this.#draw(), 500);
  }

  /** Takes the line away while something else is written. */
  pause(write: () => void): void {
    if (this.#text !== "") this.#world.err(WIPE);
    write();
    if (this.#text !== "") this.#draw();
  }

  /** Removes the line. */
  clear(): void {
    if (this.#text === "") return;
    this.#text = "";
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#world.err(WIPE);
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  #draw(): void {
    const seconds = Math.floor((performance.now() - this.#since) / 1000);
    const line = seconds < 1 ? this.#text : `${this.#text} (${seconds} s)`;
    // A line that wraps could not be wiped.
    this.#world.err(`${WIPE}${[...line].slice(0, this.#world.terminal.columns - 1).join("")}`);
  }
}
