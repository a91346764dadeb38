import { MigrateError } from "./errors.ts";
import {
  type Directives,
  findFault,
  isSumIgnored,
  readDirectives,
  type SourceFile,
} from "./migrations/mod.ts";
import { outOfReach } from "./out_of_reach.ts";

const PIECE_BYTES = 1 << 18;

/** A line that belongs to no head: the directives stand above it. */
const BEHIND_HEAD = /^(?!#|--)/m;

/** The text that was read last: who asks for one often asks again. */
let last: { readonly file: FileOnDisk; readonly text: string } | undefined;

/**
 * A migration that stays on disk until it is needed: thousands of them, or one with a hundred
 * megabytes, need no memory before their turn. What is hashed and what is executed are two readings,
 * so a file that changes in between is refused.
 */
export class FileOnDisk implements SourceFile {
  readonly name: string;
  readonly #file: string;
  readonly #path: string;
  readonly #mayBegin: boolean;
  #state: string | undefined;
  #directives: Directives | undefined;
  #sumIgnored: boolean | undefined;

  /** `file` is where it stands, `path` what messages call it; `mark` allows a byte order mark. */
  constructor(name: string, place: {
    readonly file: string;
    readonly path: string;
    readonly mark: boolean;
  }) {
    this.name = name;
    this.#file = place.file;
    this.#path = place.path;
    this.#mayBegin = place.mark;
  }

  /**
   * The whole text.
   *
   * @throws {MigrateError} `migrations_unreadable`, `migration_encoding`; `sum_mismatch` when the
   * file is not what was hashed.
   */
  get text(): string {
    if (last?.file === this) return last.text;
    // What was read before can go before the next is there.
    last = undefined;
    last = { file: this, text: [...this.texts()].join("") };
    return last.text;
  }

  /**
   * The text, a piece at a time, none of which ends in the midst of a character.
   *
   * @throws {MigrateError} as `text`.
   */
  *texts(): Generator<string, undefined, undefined> {
    if (this.#state === undefined) { for (const _ of this.pieces()); }
    using file = this.#open();
    const { size } = file.statSync();
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const buffer = new Uint8Array(Math.min(PIECE_BYTES, size + 1));
    while (true) {
      const read = this.#read(file, buffer);
      // Somebody may write to the file while it is read.
      if (stateOf(file.statSync()) !== this.#state) throw changed(this.#path);
      if (read === null) return;
      yield decoder.decode(buffer.subarray(0, read), { stream: true });
    }
  }

  /** What the comments at its head say. */
  get directives(): Directives {
    if (this.#directives === undefined) this.#readStart();
    return this.#directives ??= readDirectives(this.text);
  }

  /** Whether its first line leaves it out of the sums. */
  get sumIgnored(): boolean {
    if (this.#sumIgnored === undefined) this.#readStart();
    return this.#sumIgnored ??= isSumIgnored(this.text);
  }

  /**
   * Its bytes, a piece at a time, checked on the way; a piece is overwritten by the next.
   *
   * @throws {MigrateError} `migrations_unreadable`, `migration_encoding`.
   */
  *pieces(): Iterable<Uint8Array<ArrayBuffer>> {
    using file = this.#open();
    const state = stateOf(file.statSync());
    const check = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const buffer = new Uint8Array(Math.min(PIECE_BYTES, file.statSync().size + 1));
    for (let at = 0;;) {
      const size = this.#read(file, buffer);
      if (size === null) break;
      const piece = buffer.subarray(0, size);
      this.#check(piece, { at, check });
      if (at === 0) this.#note(piece, size < buffer.length);
      at += size;
      yield piece;
    }
    this.#finish(check);
    this.#state = state;
  }

  #readStart(): void {
    using file = this.#open();
    const buffer = new Uint8Array(4096);
    const size = this.#read(file, buffer) ?? 0;
    this.#note(buffer.subarray(0, size), size < buffer.length);
  }

  /** Notes what the start of the file says, as far as it reaches; a part of it would keep it all. */
  #note(start: Uint8Array<ArrayBuffer>, whole: boolean): void {
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(start);
    if (whole || BEHIND_HEAD.test(text.slice(0, text.lastIndexOf("\n") + 1))) {
      this.#directives = readDirectives(text);
    }
    if (whole || text.includes("\n")) this.#sumIgnored = isSumIgnored(text);
  }

  #check(
    piece: Uint8Array<ArrayBuffer>,
    { at, check }: { readonly at: number; readonly check: TextDecoder },
  ): void {
    const marked = at === 0 && piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf;
    try {
      check.decode(piece, { stream: true });
      if (!piece.includes(0) && (this.#mayBegin || !marked)) return;
    } catch {
      // Said below, with the place.
    }
    this.#refuse();
  }

  #finish(check: TextDecoder): void {
    try {
      check.decode();
    } catch {
      this.#refuse();
    }
  }

  /** Says what is wrong, and where: that needs all of it at once. */
  #refuse(): never {
    const bytes = Deno.readFileSync(this.#file);
    throw findFault(bytes, { path: this.#path, mark: this.#mayBegin }) ?? changed(this.#path);
  }

  #open(): Deno.FsFile {
    try {
      return Deno.openSync(this.#file);
    } catch (cause) {
      throw unreadable(this.#path, cause);
    }
  }

  #read(file: Deno.FsFile, buffer: Uint8Array): number | null {
    try {
      return file.readSync(buffer);
    } catch (cause) {
      throw unreadable(this.#path, cause);
    }
  }
}

/** What tells one state of a file from another, without its content. */
function stateOf({ mtime, size }: Deno.FileInfo): string {
  return `${size} ${mtime?.getTime()}`;
}

function changed(path: string): MigrateError {
  return new MigrateError("sum_mismatch", `Cannot trust "${path}": it changes while it is read`, {
    hint: "Run the same command again once nobody writes to the folder",
    data: { file: path },
  });
}

/** The error of something in a directory of migrations that cannot be read. */
export function unreadable(path: string, cause: unknown): MigrateError {
  const { hint, state } = outOfReach(cause) ??
    { hint: "Check the rights on it", state: "is not readable" };
  return new MigrateError("migrations_unreadable", `Cannot read migrations: "${path}" ${state}`, {
    hint,
    cause,
  });
}
