import { lookUp } from "../migrations/mod.ts";
import { DATABASE_KEYS } from "./database_section.ts";
import type { SourcePlace } from "./faults.ts";
import { MIGRATE_KEYS } from "./migrate_section.ts";
import { visible } from "./quoted.ts";

const KEYS = [...DATABASE_KEYS, ...MIGRATE_KEYS];
const SHOWN = KEYS.filter((key) => key !== "password").join("|");

/** A line with one setting that is no secret, or with the name of a section of ours. */
const HARMLESS = new RegExp(
  `^\\s*(?:(["']?)(?:${SHOWN})\\1\\s*:[^,{}@]*|(?:database|migrate)\\s*:\\s*)$`,
);
const KEY = new RegExp(`^\\s*(["']?)(?:${KEYS.join("|")}|database|migrate)\\1\\s*:(?=\\s|$)`);
const SECRET = /^(\s*).*?(?:pass|secret|token|key|cred)[\w.-]*["']?\s*:\s*(.?)(.*)$/i;

/**
 * The place of an index of a configuration, with the line that shows it. The file holds the secrets
 * of others as well, and where it is not YAML nobody knows where a value ends. So only a line that
 * can hold no secret is shown; of any other only the key, if it is one of ours.
 */
export function placeAt(text: string, index: number): SourcePlace {
  const { excerpt, place } = lookUp([text], index);
  const lines = text.split("\n", place.line).map((line) => line.replace(/\r$/, ""));
  const line = lines.pop() ?? "";
  if (HARMLESS.test(line) && !continuesSecret(line, lines)) {
    return { ...place, excerpt: excerpt.map(visible) };
  }
  return { ...place, excerpt: [`${place.line} | ${KEY.exec(line)?.[0] ?? ""} ****`] };
}

/** Whether a line may belong to a secret that begins above it: deeper than its key, or in its quotes. */
function continuesSecret(line: string, above: readonly string[]): boolean {
  const start = above.map((other) => SECRET.exec(other)).findLast((found) => found !== null);
  if (start === undefined || start === null) return false;
  const [, margin = "", first = "", rest = ""] = start;
  if (line.length - line.trimStart().length > margin.length) return true;
  return (first === '"' || first === "'") && !rest.includes(first);
}
