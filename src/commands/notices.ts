import { FILE_BEGINS, type ServerFields } from "../postgres/mod.ts";

/**
 * Keeps what the server says of a file until its turn has come: of files that are sent ahead the
 * server speaks before anybody here has heard that the one before is in.
 */
export class Notices {
  readonly #tell: (notice: ServerFields) => void;
  readonly #started = new Set<string>();
  #waiting: { readonly version: string; readonly notice: ServerFields }[] = [];
  #current: string | undefined;

  constructor(tell: (notice: ServerFields) => void) {
    this.#tell = tell;
  }

  /** Takes what the server says, and what tells where a file begins. */
  receive(notice: ServerFields): void {
    const version = this.#current;
    if (notice.sqlstate === FILE_BEGINS) this.#current = notice.message;
    else if (version === undefined || this.#started.has(version)) this.#tell(notice);
    else this.#waiting.push({ version, notice });
  }

  /** Tells what was kept for a file: it is its turn. */
  start(version: string): void {
    this.#started.add(version);
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((kept) => kept.version !== version);
    for (const kept of waiting) if (kept.version === version) this.#tell(kept.notice);
  }

  /** Tells what is left: nothing is to come any more. */
  end(): void {
    for (const { notice } of this.#waiting.splice(0)) this.#tell(notice);
  }
}
