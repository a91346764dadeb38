import type { Field, Section } from "../section.ts";
import { type Fields, fieldsOf, isObject, parseJson } from "./answer.ts";

/** A section of a secret, and what is odd about how it is written. */
export interface ShapedSection {
  readonly section: Section | undefined;
  readonly warnings: readonly string[];
}

/**
 * Finds a section in a secret, in both shapes: nested (`database: { host }`, also as JSON in a text,
 * which is all that `vault kv put` can write) and flat (`database_host`). Nested goes before flat.
 */
export function sectionOf(secret: Fields, name: string): ShapedSection {
  const nested = nestedOf(secret.get(name));
  const prefix = `${name}_`;
  const flat: Fields = new Map(
    [...secret].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [
      key.slice(prefix.length),
      value,
    ]),
  );
  const doubled = [...flat.keys()].filter((key) => nested?.has(key));
  const section = new Map<string, Field>();
  for (const [key, value] of [...flat, ...nested ?? []]) {
    section.set(key, fieldOf(value));
  }
  return {
    section: nested === undefined && flat.size === 0 ? undefined : section,
    warnings: doubled.map((key) =>
      `"${prefix}${key}" has no effect: "${name}" holds "${key}" as well`
    ),
  };
}

function nestedOf(value: unknown): Fields | undefined {
  if (isObject(value)) return fieldsOf(value);
  if (typeof value !== "string" || !value.trimStart().startsWith("{")) return undefined;
  try {
    return fieldsOf(parseJson(value));
  } catch {
    // A text that only begins like JSON is none of our sections.
    return undefined;
  }
}

/** A value of a secret; a list may stand where our setting is one. */
export function fieldOf(value: unknown): Field {
  if (value === null || value === undefined) return { text: "" };
  const wrong = "is not a single value";
  if (Array.isArray(value)) return { text: "", wrong, items: value.map(fieldOf) };
  if (typeof value === "object") return { text: "", wrong };
  return { text: String(value) };
}
