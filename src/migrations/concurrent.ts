/** An index that a statement builds without blocking anybody. */
export interface ConcurrentIndex {
  /** Its name as written, with quotes if it has them; it stands in the schema of its table. */
  readonly name: string;
  /** The table as written, with its schema if that is given. */
  readonly table: string;
}

// Comments, texts and names: what they hold is no keyword. Dollar quotes first, they may hold all.
const OPAQUE =
  /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$|--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"/gu;
const PART = String.raw`(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)`;
const CREATE = new RegExp(
  String
    .raw`^create\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?(${PART})\s+on\s+(?:only\s+)?(${PART}(?:\s*\.\s*${PART})?)`,
  "iu",
);

const DROP = new RegExp(
  String
    .raw`^drop\s+index\s+concurrently\s+(?:if\s+exists\s+)?(${PART}(?:\s*\.\s*${PART})?)(?:\s+(?:cascade|restrict))?\s*;?\s*$`,
  "iu",
);

/**
 * Whether a statement does its work `CONCURRENTLY`: it waits for every transaction that may still
 * see the old state, and blocks nobody while it does.
 */
export function isConcurrent(statement: string): boolean {
  return /^(?:create|drop|reindex|alter)\b[^;]*\bconcurrently\b/i.test(withoutOpaque(statement));
}

/** The index that a statement builds concurrently, if it gives it a name. */
export function concurrentIndex(statement: string): ConcurrentIndex | undefined {
  const found = CREATE.exec(withoutComments(statement));
  const [, name, table] = found ?? [];
  return name === undefined || table === undefined ? undefined : { name, table };
}

/** The one index that a statement drops concurrently, as written. */
export function concurrentlyDropped(statement: string): string | undefined {
  return DROP.exec(withoutComments(statement))?.[1];
}

function withoutComments(text: string): string {
  return text.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, " ").trimStart();
}

function withoutOpaque(text: string): string {
  let result = "";
  let from = 0;
  OPAQUE.lastIndex = 0;
  for (let found = OPAQUE.exec(text); found !== null; found = OPAQUE.exec(text)) {
    result += `${text.slice(from, found.index)} `;
    from = OPAQUE.lastIndex;
    if (found[0].startsWith("$")) {
      const end = text.indexOf(found[0], from);
      from = end < 0 ? text.length : end + found[0].length;
      OPAQUE.lastIndex = from;
    }
  }
  return (result + text.slice(from)).trimStart();
}
