import type { RaceResult } from "./race.ts";
import { duration, spread, summarise } from "./statistics.ts";

/** A table of words. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What is said of the whole: everything but the numbers. */
export interface About {
  readonly command: string;
  readonly machine: readonly string[];
  /** `goose v3.27.3` and so on. */
  readonly versions: readonly string[];
  readonly missing: readonly { readonly name: string; readonly reason: string }[];
  readonly notes: readonly string[];
}

/** The table of the races: one row for each, one column for each tool. */
export function raceTable(results: readonly RaceResult[], names: RaceNames): Table {
  const columns = [names.own, ...names.peers, names.floor];
  return {
    head: ["", ...columns, "to the fastest other"],
    rows: results.map((result) => [
      titleOf(result),
      ...columns.map((name) => {
        const summary = summarise(result.times.get(name) ?? []);
        return summary === undefined ? "–" : spread(summary);
      }),
      ratio(result, names),
    ]),
  };
}

/** Whose times stand in which column. */
export interface RaceNames {
  readonly own: string;
  readonly peers: readonly string[];
  readonly floor: string;
}

function titleOf({ race, roundTripMs }: RaceResult): string {
  return race.roundTripMs === 0
    ? race.title
    : `${race.title} (measured: ${roundTripMs.toFixed(1)} ms)`;
}

/** Our time in parts of the time of the fastest of the others: `0.31 of goose`. */
function ratio({ times }: RaceResult, { own, peers }: RaceNames): string {
  const medianOf = (name: string) => summarise(times.get(name) ?? [])?.median;
  const ours = medianOf(own);
  const [fastest] = peers.flatMap((name) => {
    const median = medianOf(name);
    return median === undefined ? [] : [{ name, median }];
  }).sort((a, b) => a.median - b.median);
  if (ours === undefined || fastest === undefined) return "–";
  return `${(ours / fastest.median).toFixed(2)} of ${fastest.name}`;
}

/** Where we are slower than one of the others, a sentence for each race; nothing where we are not. */
export function slower(results: readonly RaceResult[], names: RaceNames): readonly string[] {
  return results.flatMap(({ race, times }) => {
    const ours = summarise(times.get(names.own) ?? [])?.median ?? 0;
    const faster = names.peers.filter((name) =>
      (summarise(times.get(name) ?? [])?.median ?? Infinity) < ours
    );
    if (faster.length === 0) return [];
    const theirs = faster.map((name) =>
      `${name} ${duration(summarise(times.get(name) ?? [])?.median ?? 0)}`
    );
    return [`Slower, ${race.title}: ${duration(ours)}, ${theirs.join(", ")}.`];
  });
}

/** Everything as Markdown, laid out as `deno fmt` does. */
export function markdown(tables: readonly Table[], about: About): string {
  const lists = [...about.versions, ...about.machine, ...about.notes, ...missingLines(about)];
  return [
    `\`${about.command}\`, medians with the least and the most:`,
    ...tables.map(markdownTable),
    lists.map((line) => `- ${line}`).join("\n"),
  ].join("\n\n");
}

function missingLines({ missing }: About): readonly string[] {
  return missing.map(({ name, reason }) => `not measured: ${name} (${reason})`);
}

/** A table as `deno fmt` lays it out. */
export function markdownTable({ head, rows }: Table): string {
  const widths = head.map((title, i) =>
    Math.max(3, ...[title, ...rows.map((row) => row[i] ?? "")].map((text) => [...text].length))
  );
  const line = (cells: readonly string[]) =>
    `| ${
      cells.map((cell, i) => cell + " ".repeat(Math.max(0, (widths[i] ?? 0) - [...cell].length)))
        .join(" | ")
    } |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
