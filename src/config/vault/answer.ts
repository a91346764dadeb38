/** An answer of Vault: its envelope, with nothing trusted that was not looked at. */
export interface Answer {
  readonly status: number;
  /** The whole document; `sys/health` has no envelope. */
  readonly document: Fields;
  readonly data: Fields;
  readonly auth: Fields;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** The fields of a JSON object. */
export type Fields = ReadonlyMap<string, unknown>;

/** What is no answer of Vault, in words for an error. */
export interface AnswerFault {
  readonly fault: string;
}

/** Reads the body of an answer. An empty body is an answer without fields. */
export function parseAnswer(status: number, bytes: Uint8Array): Answer | AnswerFault {
  let value: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    value = text.trim() === "" ? {} : parseJson(text);
  } catch {
    return { fault: `HTTP ${status} with something that is not JSON` };
  }
  if (!isObject(value)) return { fault: `HTTP ${status} with something that is not an object` };
  const document = fieldsOf(value);
  return {
    status,
    document,
    data: fieldsOf(document.get("data")),
    auth: fieldsOf(document.get("auth")),
    errors: textsOf(document.get("errors")),
    warnings: textsOf(document.get("warnings")),
  };
}

/** An answer of which only the status is known. */
export function noAnswer(status: number): Answer {
  const nothing: Fields = new Map();
  return { status, document: nothing, data: nothing, auth: nothing, errors: [], warnings: [] };
}

/** The fields of what may be an object; none if it is something else. */
export function fieldsOf(value: unknown): Fields {
  return isObject(value) ? new Map(Object.entries(value)) : new Map();
}

/** A field that is a text and not empty. */
export function textOf(fields: Fields, name: string): string | undefined {
  const value = fields.get(name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A field of seconds, in milliseconds; 0 without one. */
export function secondsOf(fields: Fields, name: string): number {
  const value = fields.get(name);
  const seconds = typeof value === "string" && /^\d{1,12}$/.test(value) ? Number(value) : 0;
  return seconds * 1000;
}

/** Parses JSON. Numbers stay the text that was written: a password may look like one. */
export function parseJson(text: string): unknown {
  return JSON.parse(text, keepNumber);
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textsOf(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((each) => typeof each === "string").map((each) =>
    each.replace(/\s+/g, " ").trim()
  );
}

function keepNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" ? context?.source ?? String(value) : value;
}
