import type { Certainty } from "./finding.ts";

const PLAIN = new Set([
  ...["smallint", "integer", "bigint", "real", "double precision", "boolean", "text", "date"],
  ...["uuid", "json", "jsonb", "bytea"],
]);

interface Sized {
  readonly base: string;
  readonly sizes: readonly number[];
}

/**
 * Whether another type for a column writes the table anew, from both names as `format_type` writes
 * them: not where the stored bytes stay what they are (PostgreSQL's `ATColumnChangeRequiresRewrite`
 * and the support functions of varchar and numeric).
 */
export function rewritesForType(from: string, to: string): Certainty {
  const before = sized(from);
  const after = sized(to);
  if (before === undefined || after === undefined) return "maybe";
  if (from === to) return "no";
  if (before.base === "character varying") {
    if (after.base === "text") return "no";
    if (after.base === before.base) return widened(before.sizes[0], after.sizes[0]) ? "no" : "yes";
  }
  if (before.base === "text" && after.base === "character varying") {
    return after.sizes.length === 0 ? "no" : "yes";
  }
  if (before.base === "numeric" && after.base === "numeric") {
    if (after.sizes.length === 0) return "no";
    const sameScale = (before.sizes[1] ?? 0) === (after.sizes[1] ?? 0);
    const wider = before.sizes.length > 0 && sameScale &&
      (after.sizes[0] ?? 0) >= (before.sizes[0] ?? 0);
    return wider ? "no" : "yes";
  }
  if (PLAIN.has(from) && PLAIN.has(to)) return "yes";
  return "maybe";
}

function widened(from: number | undefined, to: number | undefined): boolean {
  return to === undefined || (from !== undefined && to >= from);
}

function sized(type: string): Sized | undefined {
  const found = /^([a-z ]+?)(?:\((-?\d+(?:,-?\d+)?)\))?$/.exec(type);
  if (found === null) return undefined;
  return { base: found[1] ?? "", sizes: found[2]?.split(",").map(Number) ?? [] };
}
