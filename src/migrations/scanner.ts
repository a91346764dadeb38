import { type Block, Known, type Search } from "./block_search.ts";
import { readDelimiter } from "./directives.ts";
import { skipSpace, trimSpace } from "./white_space.ts";

/** One statement of a file. */
export interface Statement {
  /** The text as it is sent, its semicolon included. */
  readonly text: string;
  /** Where the text begins in the file, in UTF-16 units. */
  readonly offset: number;
}

/** A text that cannot be split, with the place as an index into it. */
export class ScanError extends Error {
  override readonly name = "ScanError";
  /** The index of the character that is wrong; none when the fault has no place. */
  readonly index: number | undefined;

  constructor(message: string, index?: number) {
    super(message);
    this.index = index;
  }
}

// Go's \s, which is less than JavaScript's.
const WS = "[\\t\\n\\f\\r ]";
const DOLLAR_TAG = /\$(?:[A-Za-zÈ-ÿ_][0-9A-Za-z_È-ÿ]*)?\$/y;
const TAG_TO_THE_END = /\$(?:[A-Za-zÈ-ÿ_][0-9A-Za-z_È-ÿ]*)?$/y;
const BEGIN_ATOMIC = new RegExp(`BEGIN${WS}+ATOMIC${WS}+`, "iy");
const BEGIN = new RegExp(`BEGIN${WS}+`, "iy");
const END = new RegExp(`^${WS}*END${WS}*`, "i");

const encoder = new TextEncoder();

/**
 * Splits a text into statements by the rules of Atlas' scanner with the options that it uses for
 * PostgreSQL (Atlas' `sql/migrate`, `Scanner.stmt`; `sql/postgres`, `Driver.ScanStmts`): the number
 * and the texts of the statements stand in the history, so they must be the same to the letter,
 * oddities included. Each rule has its method; `scan` holds their order. Of a text that goes on behind
 * its end, what was found counts as long as `known.hitEnd` is not set.
 */
export class Scanner {
  readonly #text: string;
  readonly #known: Known;
  #start = 0;
  #pos = 0;
  #delimiter = ";";
  #stops = SEMICOLON;
  /** Where the text begins, and where what Atlas counts as read does: behind a line for the delimiter. */
  readonly #from: number;
  readonly #counted: number;

  /** With a delimiter it goes on where another scanner had that; that is never empty. */
  constructor(text: string, from = 0, known = new Known(), delimiter = "") {
    this.#text = text;
    this.#known = known;
    this.#from = this.#counted = this.#pos = from;
    if (delimiter !== "") {
      this.#useDelimiter(delimiter);
      return;
    }
    if (readsToTheEnd(text, from)) known.hitEnd = true;
    const directive = readDelimiter(text, from);
    if (directive === undefined) return;
    this.#setDelimiter(directive.argument);
    if (directive.next === undefined) {
      throw new ScanError(
        `no input found after delimiter ${JSON.stringify(directive.argument)}`,
        -1,
      );
    }
    this.#counted = this.#pos = directive.next;
  }

  /** The next statement, or nothing at the end. Throws a `ScanError`. */
  next(): Statement | undefined {
    const { blocks } = this.#known;
    // Blocks may stand in each other deeper than calls may.
    const open: { readonly key: number; readonly search: Search<number | undefined> }[] = [];
    const outermost = this.#next();
    let answer: number | undefined;
    while (true) {
      const inner = open.at(-1);
      const step = (inner?.search ?? outermost).next(answer);
      if (step.done !== true) {
        const { atomic, body } = step.value;
        const key = body * 2 + (atomic ? 1 : 0);
        answer = blocks.get(key);
        if (!blocks.has(key)) open.push({ key, search: this.#blockEnd(step.value) });
      } else if (inner === undefined) {
        return step.value as Statement | undefined;
      } else {
        answer = step.value as number | undefined;
        blocks.set(inner.key, answer);
        open.pop();
      }
    }
  }

  *#next(): Search<Statement | undefined> {
    this.#begin(this.#pos);
    const end = yield* this.#scan();
    if (end === undefined) return undefined;
    const raw = this.#text.slice(this.#start, end);
    const body = this.#delimiter !== ";" && raw.endsWith(this.#delimiter)
      ? raw.slice(0, raw.length - this.#delimiter.length)
      : raw;
    this.#pos = end;
    return { text: trimSpace(body), offset: this.#start };
  }

  /** Where the next statement is looked for. */
  get position(): number {
    return this.#pos;
  }

  /** What ends a statement at this moment. */
  get delimiter(): string {
    return this.#delimiter;
  }

  /** How far the scanner has come, by Atlas' count: in bytes, without a line for the delimiter. */
  get consumed(): number {
    if (this.#counted === this.#from) return this.#pos;
    const bytes = encoder.encode(this.#text.slice(this.#counted, this.#pos));
    return this.#from + encoder.encodeInto(this.#text.slice(this.#from), bytes).read;
  }

  /** Goes to the first character of a statement at or after an index. */
  #begin(from: number): void {
    this.#start = this.#pos = skipSpace(this.#text, from);
  }

  /** Finds the end of the statement that begins at `#start`; nothing when there is none. */
  *#scan(): Search<number | undefined> {
    const text = this.#text;
    let depth = 0;
    let opened = 0;
    while (true) {
      if (this.#pos === this.#start && this.#delimiterCommand()) continue;
      const stops = depth === 0 ? this.#stops.outside : this.#stops.inside;
      stops.lastIndex = this.#pos;
      const found = stops.exec(text);
      if (found === null) {
        this.#known.hitEnd = true;
        if (depth > 0) throw new ScanError("unclosed '('", opened);
        this.#pos = text.length;
        return this.#start < text.length ? text.length : undefined;
      }
      const at = found.index;
      const stop = found[0];
      this.#pos = at + stop.length;
      switch (stop) {
        case "(":
          if (depth++ === 0) opened = at;
          continue;
        case ")":
          if (depth === 0) throw new ScanError("unexpected ')'", at);
          depth--;
          continue;
        case "'":
        case '"':
        case "`":
          this.#quote(stop, at);
          continue;
      }
      if (depth === 0 && stop === this.#delimiter) return this.#pos;
      if (stop === "$") this.#dollarQuote(at);
      else if (stop === "--") this.#comment(at, "\n");
      else if (stop === "/*") this.#comment(at, "*/");
      else if (yield* this.#block(at, depth)) return this.#pos;
    }
  }

  #quote(quote: string, at: number): void {
    const end = this.#text.indexOf(quote, at + 1);
    if (end < 0) {
      this.#known.hitEnd = true;
      throw new ScanError(`unclosed quote ${quote === "'" ? "'\\''" : `'${quote}'`}`, at);
    }
    this.#pos = end + 1;
  }

  /** A dollar quote that does not end reaches to the end of the text, without a fault. */
  #dollarQuote(at: number): void {
    DOLLAR_TAG.lastIndex = at;
    const tag = DOLLAR_TAG.exec(this.#text)?.[0];
    if (tag === undefined) {
      if (matchAt(TAG_TO_THE_END, this.#text, at) !== undefined) this.#known.hitEnd = true;
      return;
    }
    const end = this.#text.indexOf(tag, at + tag.length);
    this.#pos = end < 0 ? this.#text.length : end + tag.length;
  }

  /** A comment that does not end is none: its first two characters are ordinary ones. */
  #comment(at: number, terminator: string): void {
    const end = this.#known.indexOf(this.#text, terminator, at + 2);
    if (end < 0) return;
    // In front of a statement it belongs to nothing; inside one it stays in its text.
    if (at === this.#start) this.#begin(end + terminator.length);
    else this.#pos = end + terminator.length;
  }

  /** `DELIMITER X` at the start of a statement, as in MySQL's client. Is no statement itself. */
  #delimiterCommand(): boolean {
    const text = this.#text;
    const at = this.#start;
    if (at + 10 > text.length) this.#known.hitEnd = true;
    // Atlas looks only where something stands behind the word, and looks for no delimiter in it.
    if (!/^delimiter[^]/i.test(text.slice(at, at + 10))) return false;
    this.#pos = at + 9;
    if (text.charAt(at + 9) !== " ") return false;
    const newline = text.indexOf("\n", at);
    if (newline < 0) this.#known.hitEnd = true;
    const end = newline < 0 ? text.length : newline + 1;
    let argument = trimSpace(text.slice(at + 9, end));
    if (argument.startsWith("'") && argument.endsWith("'")) {
      // Atlas panics on a single quote.
      if (argument.length === 1) throw new ScanError("unclosed quote '\\''", at);
      argument = argument.slice(1, -1).replaceAll("''", "'");
    }
    this.#setDelimiter(argument);
    this.#begin(end);
    return true;
  }

  #setDelimiter(argument: string): void {
    if (argument === "") throw new ScanError("empty delimiter");
    const escapes: Readonly<Record<string, string>> = { "\\n": "\n", "\\r": "\r", "\\t": "\t" };
    this.#useDelimiter(argument.replace(/\\[nrt]/g, (escape) => escapes[escape] ?? escape));
  }

  #useDelimiter(delimiter: string): void {
    this.#delimiter = delimiter;
    this.#stops = delimiter === ";" ? SEMICOLON : stopsOf(delimiter);
  }

  /**
   * `BEGIN ATOMIC … END` and `BEGIN … END`, at the word that begins them. A block that does not
   * end is none, and scanning goes on behind its first words. Returns whether the statement ends.
   */
  *#block(at: number, depth: number): Search<boolean> {
    const atomic = matchAt(BEGIN_ATOMIC, this.#text, at);
    const plain = matchAt(BEGIN, this.#text, at);
    const first = at === this.#start || /[\t\n\f\r ]/.test(this.#text.charAt(at - 1));
    if (atomic === undefined && (plain === undefined || !first)) {
      this.#pos = at + 1;
      return false;
    }
    const body = at + (atomic ?? plain ?? 0);
    const end = yield { body, atomic: atomic !== undefined };
    this.#pos = end ?? body;
    if (end !== undefined || depth > 0) return end !== undefined;
    // What the search for the block has read as its first statement goes on here.
    const ahead = this.#known.firsts.get(body);
    if (ahead instanceof Error) throw ahead;
    if (ahead !== undefined) this.#pos = ahead;
    return ahead !== undefined;
  }

  /** Where a block ends; nothing when it is none. */
  *#blockEnd({ atomic, body }: Block): Search<number | undefined> {
    const { firsts } = this.#known;
    const ends = this.#known.endsBehind[atomic ? 1 : 0];
    const passed: number[] = [];
    let end: number | undefined;
    let read = 0;
    try {
      const inner = new Scanner(this.#text, body, this.#known);
      for (let piece = yield* inner.#next(); piece !== undefined; piece = yield* inner.#next()) {
        const word = END.exec(piece.text)?.[0];
        const rest = piece.text.slice(word?.length);
        if (word !== undefined && (atomic || rest === "" || rest === ";")) {
          end = inner.consumed;
          break;
        }
        if (inner.#delimiter !== ";" || inner.#counted !== body) continue;
        if (read === 0 && this.#beginsPlainly(body)) firsts.set(body, inner.#pos);
        // Behind a statement all blocks go on alike; some of the places are enough to meet again.
        if (ends.has(inner.#pos)) {
          end = ends.get(inner.#pos);
          break;
        }
        if (read++ % 16 === 0) passed.push(inner.#pos);
      }
    } catch (error) {
      if (!(error instanceof ScanError)) throw error;
      if (read === 0 && this.#beginsPlainly(body)) firsts.set(body, error);
    }
    for (const place of passed) ends.set(place, end);
    return end;
  }

  /** Whether what stands at an index means the same at the start of a statement and inside one. */
  #beginsPlainly(at: number): boolean {
    return skipSpace(this.#text, at) === at &&
      !/^(?:--|\/\*|delimiter)/i.test(this.#text.slice(at, at + 9));
  }
}

interface Stops {
  readonly outside: RegExp;
  readonly inside: RegExp;
}

/** Where scanning has to stop and look: with a delimiter that counts, and between parentheses. */
function stopsOf(delimiter: string): Stops {
  const escaped = delimiter.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  const block = delimiter === ";" ? `|begin(?=${WS})` : "";
  // Quotes and parentheses come before a delimiter, a delimiter before comments.
  const flags = delimiter === ";" ? "gi" : "g";
  return {
    outside: new RegExp(`[()'"\`]|${escaped}|\\$|--|/\\*${block}`, flags),
    inside: new RegExp(`[()'"\`]|\\$|--|/\\*${block}`, flags),
  };
}

const SEMICOLON = stopsOf(";");

/** Whether the line at an index, which may be a directive, has no end. */
function readsToTheEnd(text: string, from: number): boolean {
  return "-- ".startsWith(text.slice(from, from + 3)) && text.indexOf("\n", from) < 0;
}

function matchAt(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length;
}
