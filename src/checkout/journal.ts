import { LAYERS } from "../layers.ts";

/** What a publication does, by paths relative to the directory of migrations. */
export interface Journal {
  /** New texts that wait in the stages of their folders. */
  readonly write: readonly string[];
  readonly remove: readonly string[];
}

const PATH = new RegExp(`^(?:(?:${LAYERS.join("|")})/)?\\w[\\w.-]*$`);

/**
 * Reads a journal. One that names anything but plain files of the directory and its layers is not
 * ours, as when it came with somebody's branch, and says nothing.
 */
export function readJournal(text: string): Journal | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not ours.
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { remove, write } = value as Partial<Record<keyof Journal, unknown>>;
  return isPaths(write) && isPaths(remove) ? { write, remove } : undefined;
}

function isPaths(value: unknown): value is readonly string[] {
  return Array.isArray(value) &&
    value.every((path) => typeof path === "string" && PATH.test(path));
}
