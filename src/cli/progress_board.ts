import { nameOf } from "../failure.ts";
import type { Migration } from "../migrations/mod.ts";
import type { Sight } from "../report.ts";
import { type Moment, momentLine, momentsLine, stillLine } from "./progress_line.ts";
import type { Screen } from "./screen.ts";

/** How often a log hears of a file that is still running. */
const BEAT_MS = 60_000;

/** How long what was seen holds: a statement that takes its time is looked at every second. */
const FRESH_MS = 3_000;

/** How progress is shown. */
export interface BoardOptions {
  /** How often a log hears of a file that is still running, if not once a minute. */
  readonly beatMs?: number;
  /** For several databases, how far they are: `3 of 20`. */
  readonly head?: () => string;
  /** Whether a log hears of each file that begins. */
  readonly starts?: boolean;
}

/**
 * Shows what the runs of this process are at: on a terminal in a live line, elsewhere by a line for
 * each file that begins, and one a minute while it runs.
 */
export class ProgressBoard implements Disposable {
  readonly #screen: Screen;
  readonly #options: BoardOptions;
  readonly #lanes = new Set<Lane>();
  #over = false;

  constructor(screen: Screen, options: BoardOptions = {}) {
    this.#screen = screen;
    this.#options = options;
  }

  /** Begins to show a run; disposing of what is returned ends that. */
  lane(name?: string): Lane {
    const { beatMs = BEAT_MS, starts = true } = this.#options;
    const lane = new Lane({
      name,
      beatMs,
      say: (text) => this.#say(text),
      onStart: (text) => starts ? this.#say(text) : undefined,
      onChange: () => this.#draw(),
      onEnd: () => this.#lanes.delete(lane),
    });
    this.#lanes.add(lane);
    return lane;
  }

  /** Removes the live line for good. */
  clear(): void {
    this.#over = true;
    this.#screen.live.clear();
  }

  [Symbol.dispose](): void {
    this.clear();
    for (const lane of this.#lanes) lane[Symbol.dispose]();
  }

  /** A log hears what a terminal shows. */
  #say(text: string): void {
    if (!this.#screen.live.on) this.#screen.say(text);
  }

  #draw(): void {
    if (this.#over) return;
    this.#screen.live.show((columns) => {
      const moments = [...this.#lanes].flatMap(({ moment }) => moment ?? []);
      const head = this.#options.head?.();
      if (head !== undefined) return momentsLine(moments, { columns, head });
      return moments[0] === undefined ? "" : momentLine(moments[0], columns);
    });
  }
}

interface LaneParts {
  readonly name: string | undefined;
  readonly beatMs: number;
  readonly say: (text: string) => void;
  readonly onStart: (text: string) => void;
  readonly onChange: () => void;
  readonly onEnd: () => void;
}

/** One run on the board. */
export class Lane implements Disposable {
  readonly #parts: LaneParts;
  #doing: { readonly text: string; readonly since: number } | undefined;
  #file: Migration | undefined;
  #seen: { readonly sight: Sight; readonly at: number } | undefined;
  #beat: ReturnType<typeof setInterval> | undefined;

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  /** What the run is at now, if it is at something. */
  get moment(): Moment | undefined {
    if (this.#doing === undefined) return undefined;
    const now = performance.now();
    const { since, text } = this.#doing;
    const fresh = this.#seen !== undefined && now - this.#seen.at < FRESH_MS;
    return {
      name: this.#parts.name,
      doing: text,
      elapsedMs: now - since,
      sight: fresh ? this.#seen?.sight : undefined,
    };
  }

  /** Something that is no file is begun: `Connecting`. */
  show(text: string): void {
    this.#begin(text);
  }

  /** Several files are begun by a program that tells nothing before its end. */
  startAll(text: string): void {
    this.#begin(text);
    this.#parts.onStart(this.#named(`Applying ${text}`));
    this.#keepTelling();
  }

  /** A file is begun. */
  start(migration: Migration): void {
    this.#begin(nameOf(migration));
    this.#file = migration;
    this.#parts.onStart(this.#named(`Applying ${nameOf(migration)}`));
    this.#keepTelling();
  }

  /** Something is seen of what is going on. */
  see(sight: Sight): void {
    // Where nobody says which file is begun, the statement does.
    if (sight.migration !== undefined && sight.migration !== this.#file) {
      this.start(sight.migration);
    }
    this.#seen = { sight, at: performance.now() };
    this.#parts.onChange();
  }

  /** The file is over. */
  finish(): void {
    this.#begin(undefined);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#beat);
    this.#doing = undefined;
    this.#parts.onEnd();
    this.#parts.onChange();
  }

  #begin(text: string | undefined): void {
    clearInterval(this.#beat);
    this.#seen = undefined;
    this.#file = undefined;
    this.#doing = text === undefined ? undefined : { text, since: performance.now() };
    this.#parts.onChange();
  }

  #keepTelling(): void {
    this.#beat = setInterval(() => {
      if (this.moment !== undefined) this.#parts.say(stillLine(this.moment));
    }, this.#parts.beatMs);
  }

  #named(text: string): string {
    return this.#parts.name === undefined ? text : `${this.#parts.name}: ${text}`;
  }
}
