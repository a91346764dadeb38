import { computeSums, formatSums } from "../../src/migrations/mod.ts";
import { spend } from "./child.ts";
import type { RaceOptions } from "./race.ts";
import type { Table } from "./report.ts";
import { duration } from "./statistics.ts";
import type { Tool } from "./tools.ts";

/** Much of something, at full size; a quick look takes a part of it. */
interface Load {
  readonly title: string;
  /** How many files, and what is in each. */
  readonly files: number;
  readonly text: (number: number, part: number) => string;
}

/** Not Latin-1, so V8 keeps it at two bytes a character. */
const WORDS = "слова, которых нет в латинице; ";

const LOADS: readonly Load[] = [
  { title: "1000 files, 5 MB", files: 1000, text: small },
  { title: "10 000 files, 50 MB", files: 10_000, text: small },
  { title: "one file of 10 MB", files: 1, text: (_, part) => inserts(10e6 * part) },
  { title: "one file of 100 MB", files: 1, text: (_, part) => inserts(100e6 * part) },
  {
    title: "one statement of 20 MB",
    files: 1,
    text: (_, part) => `${TABLE}INSERT INTO lines VALUES (1, '${repeat(WORDS, 20e6 * part)}');\n`,
  },
];

const TABLE = "CREATE TABLE lines (id int, line text);\n";

/**
 * Gives `migrate` alone much more of everything, and measures time and memory: with an empty
 * database, and with nothing to do. `part` is how much of the full size.
 *
 * @throws {MigrateError} as `spend`.
 */
export async function measureGrowth(
  migrate: Tool,
  part: number,
  { signal, site, tell }: Pick<RaceOptions, "signal" | "site" | "tell">,
): Promise<Table> {
  const rows: string[][] = [];
  for (const [at, load] of LOADS.entries()) {
    tell(`growth: ${load.title}`);
    const folder = await site.write(`growth-${at}`, texts(load, part));
    const address = await site.createDatabase();
    const command = migrate.command({ folder, address });
    const fresh = await spend(command, { signal, memory: true });
    const again = await spend(command, { signal, memory: true });
    rows.push([
      part === 1 ? load.title : `${part * 100} % of ${load.title}`,
      ...[fresh, again].flatMap(({ ms, peakBytes }) => [
        duration(ms),
        peakBytes === undefined ? "–" : `${Math.round(peakBytes / 2 ** 20)} MiB`,
      ]),
    ]);
    await Deno.remove(folder, { recursive: true });
  }
  return {
    head: ["migrate alone", "empty database", "memory", "nothing to do", "memory"],
    rows,
  };
}

function texts({ files, text }: Load, part: number): ReadonlyMap<string, string> {
  const count = Math.max(1, Math.round(files * (files > 1 ? part : 1)));
  const sources = Array.from({ length: count }, (_, i) => ({
    name: `${String(i + 1).padStart(6, "0")}_growth.sql`,
    text: text(i + 1, part),
  }));
  const written = new Map(sources.map(({ name, text }) => [name, text]));
  return written.set("atlas.sum", formatSums(computeSums(sources)));
}

function small(number: number): string {
  return `-- ${repeat(WORDS, 4_900)}\nCREATE TABLE growth_${number} (id int, line text);\n`;
}

function inserts(bytes: number): string {
  const lines = [TABLE];
  for (let size = 0; size < bytes; size += 230) {
    lines.push(`INSERT INTO lines VALUES (${lines.length}, '${repeat(WORDS, 190)}');\n`);
  }
  return lines.join("");
}

/** So many bytes of words, or a few more. */
function repeat(words: string, bytes: number): string {
  return words.repeat(Math.ceil(bytes / new TextEncoder().encode(words).length));
}
