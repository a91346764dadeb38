import { trimSpace } from "./white_space.ts";

/** What the comments at the head of a file tell the programs that execute it. */
export interface Directives {
  /** The arguments of every `atlas:txmode`, in order; more than one is a fault. */
  readonly txMode: readonly string[];
  /** Whether the file is a checkpoint: it holds all that went before it. */
  readonly checkpoint: boolean;
}

// Any printable prefix, the name, and the rest of the line; the greedy prefix makes the last
// `atlas:` of a line count, and of nothing but spaces the last is the argument, if there are two
// (Atlas' `sql/migrate`, `reDirective`).
const DIRECTIVE = /^([ -~]*)atlas:([0-9A-Za-z_]+)(?: +([^\n]+))?/;

/**
 * The directives of a file's head: the comment lines that it begins with, if an empty line or the
 * end of the file follows them. Lines that end in CRLF are followed by no empty line, and so have
 * no directives: that is how Atlas reads them (Atlas' `sql/migrate`, `LocalFile.Directive`).
 */
export function readDirectives(text: string): Directives {
  const txMode: string[] = [];
  let checkpoint = false;
  for (const line of headLines(text)) {
    const found = DIRECTIVE.exec(line);
    if (found?.[2] === "txmode") txMode.push(found[3] ?? "");
    if (found?.[2] === "checkpoint") checkpoint = true;
  }
  return { txMode, checkpoint };
}

/** Whether the first line says that the file's content stays out of the sums: `atlas:sum ignore`. */
export function isSumIgnored(text: string): boolean {
  const found = DIRECTIVE.exec(text);
  return found?.[2] === "sum" && found[3] === "ignore";
}

/**
 * The delimiter that the first line of a text sets, as written, and where the next line begins
 * (at the end of the text if there is none); nothing if it sets none.
 */
export function readDelimiter(
  text: string,
  from: number,
): { readonly argument: string; readonly next: number | undefined } | undefined {
  if (!text.startsWith("-- ", from)) return undefined;
  const end = text.indexOf("\n", from);
  const line = text.slice(from, end < 0 ? text.length : end);
  const found = DIRECTIVE.exec(line);
  if (found?.[1] !== "-- " || found[2] !== "delimiter") return undefined;
  return { argument: found[3] ?? "", next: end < 0 ? undefined : end + 1 };
}

function headLines(text: string): readonly string[] {
  const lines: string[] = [];
  let at = 0;
  while (text.startsWith("#", at) || text.startsWith("--", at)) {
    const end = text.indexOf("\n", at);
    if (end < 0) return [];
    lines.push(trimSpace(text.slice(at, end)));
    at = end + 1;
  }
  const rest = /[ \t]*/y;
  rest.lastIndex = at;
  rest.test(text);
  return at === text.length || text.charAt(rest.lastIndex) === "\n" ? lines : [];
}
