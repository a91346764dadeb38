import type { World } from "../world.ts";
import { LiveLine } from "./live_line.ts";
import { type Style, styleFor } from "./style.ts";

/** The flags that decide what is printed. */
export interface ScreenFlags {
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
  readonly verbose?: true | undefined;
  readonly color: boolean;
}

/** The two streams and who may write on them: results, talk, details. */
export class Screen {
  readonly live: LiveLine;
  readonly out: Style;
  readonly err: Style;
  /** How wide results may be: a log is searched, and its lines stay whole. */
  readonly width: number;
  readonly #world: World;
  readonly #flags: ScreenFlags;

  constructor(world: World, flags: ScreenFlags) {
    this.#world = world;
    this.#flags = flags;
    this.width = world.terminal.out ? world.terminal.columns : Infinity;
    const color = flags.color;
    this.out = styleFor(world, { stream: "out", color });
    this.err = styleFor(world, { stream: "err", color });
    this.live = new LiveLine(world, { on: flags.quiet !== true });
  }

  /** A result, on standard output, unless that belongs to the JSON document. */
  result(text: string): void {
    if (this.#flags.quiet || this.#flags.json) return;
    this.live.pause(() => this.#world.out(text));
  }

  /** Talk, on standard error. */
  say(text: string): void {
    if (this.#flags.quiet) return;
    this.live.pause(() => this.#world.err(`${this.err.dim(text)}\n`));
  }

  /** More talk, for `--verbose`. */
  detail(text: string): void {
    if (this.#flags.verbose) this.say(text);
  }

  /** A warning, which `--quiet` does not silence. */
  warn(text: string): void {
    this.live.pause(() => this.#world.err(`${this.err.yellow("warning")}: ${text}\n`));
  }
}
