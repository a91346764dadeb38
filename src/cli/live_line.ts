import type { World } from "../world.ts";
import { cutTo } from "./width.ts";

/** Back to the start of the line, and erase it. */
const WIPE = "\r\x1b[2K";

/** How often the line is drawn while nothing happens. */
const REDRAW_MS = 500;

/** A text, or what makes one for so many columns. */
export type LiveText = string | ((columns: number) => string);

/**
 * One line at the end of standard error that shows what is going on, on a terminal only. It is
 * wiped before anything else is written, so that it never stands between the lines of a report.
 */
export class LiveLine implements Disposable {
  /** Whether there is anything to see. */
  readonly on: boolean;
  readonly #world: World;
  #text: LiveText = "";
  #since = 0;
  #drawn = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(world: World, options: { readonly on: boolean }) {
    this.#world = world;
    const { env, terminal } = world;
    // A log that a CI keeps is no place to draw in, even where it gives us a terminal.
    const logged = !["", "0", "false"].includes(env["CI"] ?? "");
    this.on = options.on && terminal.err && env["TERM"] !== "dumb" && !logged;
  }

  /** Shows a text, with the time since it appeared unless it makes itself. */
  show(text: LiveText): void {
    if (!this.on) return;
    this.#text = text;
    this.#since = performance.now();
    // Files may come faster than a terminal draws.
    if (typeof text === "string" || this.#since - this.#drawn > REDRAW_MS / 10) this.#draw();
    this.#timer ??= setInterval(() => this.#draw(), REDRAW_MS);
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
    this.#drawn = performance.now();
    // A line that wraps could not be wiped.
    const columns = this.#world.terminal.columns - 1;
    const seconds = Math.floor((this.#drawn - this.#since) / 1000);
    const line = typeof this.#text === "function"
      ? this.#text(columns)
      : `${this.#text}${seconds < 1 ? "" : ` (${seconds} s)`}`;
    this.#world.err(`${WIPE}${cutTo(line, columns)}`);
  }
}
