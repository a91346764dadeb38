import type { Fault } from "./faults.ts";
import { quoted } from "./quoted.ts";
import type { Field, Section } from "./section.ts";

/** The databases that `database.dbnames` lists, unless there are faults. */
export interface Dbnames {
  /** None where the key is not there. */
  readonly names: readonly string[];
  readonly faults: readonly Fault[];
}

const KEY = "database.dbnames";

/**
 * Reads `database.dbnames`: a list, or the JSON text of one, which is all that `vault kv put` can
 * write. A database that is named twice would be migrated by two runs at once, so that is a fault.
 */
export function readDbnames(section: Section | undefined): Dbnames {
  const field = section?.get("dbnames");
  if (field === undefined) return { names: [], faults: [] };
  const items = itemsOf(field);
  if (items === undefined) return { names: [], faults: [fault(field, "must be a list of names")] };
  if (items.length === 0) return { names: [], faults: [fault(field, "lists no database")] };
  const names = items.map(({ text }) => text);
  const faults = items.flatMap((item, i) => {
    const state = faultOf(item, names.slice(0, i));
    return state === undefined ? [] : [fault({ ...field, ...item }, state)];
  });
  return { names: faults.length === 0 ? names : [], faults };
}

function itemsOf({ items, text, wrong }: Field): readonly Field[] | undefined {
  if (items !== undefined) return items;
  if (wrong !== undefined || !text.trimStart().startsWith("[")) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) return undefined;
    return list.map((name: unknown) =>
      typeof name === "object" && name !== null
        ? { text: "", wrong: "is not a single value" }
        : { text: String(name ?? "") }
    );
  } catch {
    // It only begins like JSON.
    return undefined;
  }
}

function faultOf({ hidden, text, wrong }: Field, before: readonly string[]): string | undefined {
  if (wrong !== undefined) return `has an entry that ${wrong}`;
  if (text === "") return "has an entry without a name";
  if (text.includes("\0") || !text.isWellFormed()) return "has an entry that is not plain text";
  if (before.includes(text)) return `names ${hidden ? "a database" : quoted(text)} twice`;
  return undefined;
}

function fault({ place }: Field, state: string): Fault {
  return { key: KEY, state, ...(place === undefined ? {} : { place }) };
}
