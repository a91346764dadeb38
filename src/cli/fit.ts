import type { World } from "../world.ts";
import { hanging, shownWidth, withoutColours } from "./columns.ts";

/**
 * The same world, where each line that a person sees on a terminal fits into the window, broken
 * between words. What is not looked at by a person stays whole: a log is searched for sentences.
 */
export function fitWorld(world: World): World {
  const { args, terminal } = world;
  const { columns } = terminal;
  // Others read these, they are copied, or they have been set to the width already.
  const whole = ["--json", "--sql", "--help", "-h"].some((flag) => args.includes(flag)) ||
    ["completions", "help"].includes(args[0] ?? "");
  return {
    ...world,
    out: terminal.out && !whole ? (text) => world.out(fit(text, columns)) : world.out,
    err: terminal.err ? (text) => world.err(fit(text, columns)) : world.err,
  };
}

/** Breaks the lines of a text that are too long between words; a word stays whole, as a path. */
export function fit(text: string, columns: number): string {
  // The live line cuts itself.
  if (text.includes("\r")) return text;
  return text.split("\n").map((line) => fitLine(line, columns)).join("\n");
}

/** Excerpts of SQL, whose columns mean something, and commands, which are copied whole. */
const KEPT = /^\s*(?:\d* ?\| |next: )/;

function fitLine(line: string, columns: number): string {
  if (shownWidth(line) <= columns || KEPT.test(withoutColours(line))) return line;
  const lead = /^ */.exec(line)?.[0].length ?? 0;
  const rest = hanging(line.slice(lead), { first: lead, indent: lead + 2, width: columns });
  return `${line.slice(0, lead)}${rest}`;
}
