/** One HTTP answer, whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
  readonly location: string | undefined;
  readonly retryAfter: string | undefined;
}

/** An answer that ended before its end, or is too large. */
export class BrokenAnswer extends Error {
  override readonly name: string = "BrokenAnswer";
}

/** Something that is not HTTP/1.1, as RFC 9112 has it. */
export class NotHttp extends BrokenAnswer {
  override readonly name = "NotHttp";

  constructor() {
    super("the answer is not HTTP");
  }
}

/** More than any answer of Vault that we ask for; beyond it something else answers. */
const MAX_BYTES = 1024 * 1024;
const MAX_HEAD_BYTES = 64 * 1024;
const MAX_CHUNK_LINE_BYTES = 1024;
const CR = 13;
const LF = 10;

/** What comes next: a line of some part, so many bytes of the body, or bytes without end. */
type Expected = "status" | "header" | "chunk size" | "chunk end" | "trailer" | "bytes" | "rest";

/**
 * Reads one answer (RFC 9112) out of the pieces in which it comes. Answers in between (1xx) are
 * passed over. Whatever could be read in two ways is refused.
 */
export class AnswerReader {
  readonly #withoutBody: boolean;
  readonly #body: Uint8Array[] = [];
  readonly #headers = new Map<string, string>();
  #expected: Expected = "status";
  #line: number[] = [];
  #headBytes = 0;
  #bodyBytes = 0;
  #missing = 0;
  #chunked = false;
  #status = 0;

  /** `withoutBody` for the answer to a CONNECT, behind which the tunnel begins (RFC 9110, 9.3.6). */
  constructor(options: { readonly withoutBody?: boolean } = {}) {
    this.#withoutBody = options.withoutBody === true;
  }

  /** Whether the status and all headers are there. */
  get hasHead(): boolean {
    return this.#expected !== "status" && this.#expected !== "header";
  }

  /**
   * Takes the next piece. Returns the answer once it is whole; what follows it is dropped.
   *
   * @throws {BrokenAnswer} when it is too large, or no HTTP.
   */
  take(piece: Uint8Array): HttpAnswer | undefined {
    let at = 0;
    while (at < piece.length) {
      if (this.#expected === "bytes" || this.#expected === "rest") {
        const count = this.#expected === "rest" ? Infinity : this.#missing;
        const part = piece.subarray(at, at + Math.min(count, piece.length - at));
        this.#keep(part);
        at += part.length;
        this.#missing -= part.length;
        if (this.#expected === "rest" || this.#missing > 0) continue;
        if (!this.#chunked) return this.#whole();
        this.#expected = "chunk end";
        continue;
      }
      const byte = piece[at++] ?? 0;
      this.#line.push(byte);
      this.#checkLine();
      if (byte !== LF) continue;
      if (this.#line.at(-2) !== CR) throw new NotHttp();
      const line = String.fromCharCode(...this.#line.slice(0, -2));
      this.#line = [];
      if (this.#read(line)) return this.#whole();
    }
    return undefined;
  }

  /**
   * Says that nothing more comes. Returns the answer if its end is the end of the connection.
   *
   * @throws {BrokenAnswer} when it is cut off.
   */
  end(): HttpAnswer {
    if (this.#expected !== "rest") throw new BrokenAnswer("the answer was cut off");
    return this.#whole();
  }

  /** Looks at a line that grows: what is no HTTP may never end it. */
  #checkLine(): void {
    const { length } = this.#line;
    if (this.#expected === "chunk size" || this.#expected === "chunk end") {
      if (length > MAX_CHUNK_LINE_BYTES) throw new NotHttp();
      return;
    }
    if (++this.#headBytes > MAX_HEAD_BYTES) throw tooLarge();
    if (this.#expected !== "status" || length > STATUS.length) return;
    if (this.#line[length - 1] !== STATUS.charCodeAt(length - 1)) throw new NotHttp();
  }

  /** Takes a line. Returns whether it was the last. */
  #read(line: string): boolean {
    switch (this.#expected) {
      case "status":
        this.#status = Number(/^HTTP\/1\.[01] ([1-9]\d\d)(?: [^\r]*)?$/.exec(line)?.[1]);
        if (!(this.#status >= 100)) throw new NotHttp();
        this.#expected = "header";
        return false;
      case "header":
        if (line !== "") return this.#header(line);
        return this.#beginBody();
      case "chunk size":
        this.#missing = parseInt(
          /^([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r]*)?$/.exec(line)?.[1] ?? "",
          16,
        );
        if (!(this.#missing >= 0)) throw new NotHttp();
        if (this.#bodyBytes + this.#missing > MAX_BYTES) throw tooLarge();
        this.#expected = this.#missing === 0 ? "trailer" : "bytes";
        return false;
      case "chunk end":
        if (line !== "") throw new NotHttp();
        this.#expected = "chunk size";
        return false;
      default:
        return line === "";
    }
  }

  #header(line: string): false {
    const [start = "", name = ""] = /^([!#$%&'*+.^_`|~\w-]+):/.exec(line) ?? [];
    // Also a line that goes on with the one before, which RFC 9112 has given up.
    if (name === "" || line.includes("\r")) throw new NotHttp();
    const value = line.slice(start.length).trim();
    const key = name.toLowerCase();
    const before = this.#headers.get(key);
    this.#headers.set(key, before === undefined ? value : `${before}, ${value}`);
    return false;
  }

  /** Decides how the end of the body is known. Returns whether there is none. */
  #beginBody(): boolean {
    if (this.#status < 200) {
      // We never ask to go on in another protocol.
      if (this.#status === 101) throw new NotHttp();
      this.#headers.clear();
      this.#expected = "status";
      return false;
    }
    const coding = this.#headers.get("transfer-encoding");
    const lengths = new Set(this.#headers.get("content-length")?.split(/[ \t]*,[ \t]*/));
    const [length] = lengths;
    this.#expected = "rest";
    if (this.#withoutBody || this.#status === 204 || this.#status === 304) return true;
    if (coding !== undefined) {
      // We accept no other coding, and with two ends neither can be trusted.
      if (coding.toLowerCase() !== "chunked" || length !== undefined) throw new NotHttp();
      this.#chunked = true;
      this.#expected = "chunk size";
    } else if (length !== undefined) {
      if (lengths.size > 1 || !/^\d{1,15}$/.test(length)) throw new NotHttp();
      this.#missing = Number(length);
      if (this.#missing > MAX_BYTES) throw tooLarge();
      this.#expected = "bytes";
      return this.#missing === 0;
    }
    return false;
  }

  #keep(part: Uint8Array): void {
    this.#bodyBytes += part.length;
    if (this.#bodyBytes > MAX_BYTES) throw tooLarge();
    // The socket may use its memory again.
    this.#body.push(part.slice());
  }

  #whole(): HttpAnswer {
    const bytes = new Uint8Array(this.#bodyBytes);
    let at = 0;
    for (const part of this.#body) {
      bytes.set(part, at);
      at += part.length;
    }
    return {
      status: this.#status,
      bytes,
      location: this.#headers.get("location"),
      retryAfter: this.#headers.get("retry-after"),
    };
  }
}

const STATUS = "HTTP/1.";

function tooLarge(): BrokenAnswer {
  return new BrokenAnswer("the answer is larger than 1 MiB");
}
