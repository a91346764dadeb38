// deno-lint-ignore-file no-console -- a script prints
import { dirname } from "node:path";
import { run } from "../compile/run.ts";
import { measureGenerate } from "./generate.ts";
import { measureGrowth } from "./growth.ts";
import { describeMachine, load } from "./machine.ts";
import type { BenchOptions } from "./options.ts";
import { ownPrograms } from "./programs.ts";
import { type Race, type RaceResult, runRace } from "./race.ts";
import { type About, markdown, raceTable, slower, type Table } from "./report.ts";
import { Site } from "./site.ts";
import { atlasPath, findPeers } from "./tools.ts";

/** The files of the largest load of growth. */
const FULL_FILES = 10_000;

/** How much more often to do what takes no time. */
const QUICK = 5;

/**
 * Measures what was asked for, one program at a time, and writes what came out: on standard output,
 * and as Markdown into a file. Leaves nothing else.
 *
 * @throws {MigrateError} the codes of `startPostgres`, `ownPrograms` and `runRace`.
 */
export async function bench(options: BenchOptions, signal: AbortSignal): Promise<void> {
  const tell = live();
  const before = load();
  const { missing, tools } = await findPeers(options.tools, { tell, signal });
  tell("Starting a throwaway PostgreSQL …");
  await using site = await Site.create();
  signal.throwIfAborted();
  tell("Compiling migrate …");
  const programs = await ownPrograms(site.folder);
  const contenders = [programs.migrate, ...tools];
  const results: RaceResult[] = [];
  for (const race of racesOf(options)) {
    results.push(
      await runRace(race, { site, tools: contenders, floor: programs.login, signal, tell }),
    );
  }
  const names = {
    own: programs.migrate.name,
    peers: tools.map(({ name }) => name),
    floor: programs.login.name,
  };
  const tables: Table[] = results.length === 0 ? [] : [raceTable(results, names)];
  if (options.scenarios.includes("growth")) {
    const part = Math.min(1, (options.files ?? Infinity) / FULL_FILES);
    tables.push(await measureGrowth(programs.migrate, part, { site, signal, tell }));
  }
  if (options.scenarios.includes("generate")) {
    const genmigrate = await programs.genmigrate();
    const { rounds } = options;
    tables.push(
      await measureGenerate({ genmigrate, atlas: await atlasPath(), rounds, site, signal, tell }),
    );
  }
  tell("");
  const about: About = {
    command: options.command,
    machine: [...describeMachine(), site.about],
    versions: [
      `migrate ${programs.migrate.version}, embedded engine, ${programs.about}${
        tools.map(({ name, version }) => `; ${name} ${version}`).join("")
      }`,
    ],
    missing,
    notes: [
      "each time is a whole program, from its start to its end, with the log-in; " +
      `"${names.floor}" is a program compiled like migrate that does nothing else`,
      ...slower(results, names),
      ...(before === undefined ? [] : [`load of the machine at the start: ${before.toFixed(1)}`]),
    ],
  };
  const text = markdown(tables, about);
  console.log(text);
  await Deno.mkdir(dirname(options.output), { recursive: true });
  await Deno.writeTextFile(options.output, `# Benchmark\n\n${text}\n`);
  if (options.readme) await intoReadme(text);
}

function racesOf({ distances, files = Infinity, rounds, scenarios }: BenchOptions): Race[] {
  const some = (count: number) => Math.min(count, files);
  const races: Race[] = [];
  if (scenarios.includes("fresh")) {
    races.push(race({ title: "empty database", files: some(1000), rounds }));
  }
  if (scenarios.includes("distance")) {
    for (const roundTripMs of distances) {
      const title = `empty database, ${roundTripMs} ms away`;
      races.push(race({ title, files: some(100), roundTripMs, rounds }));
    }
  }
  if (scenarios.includes("nothing")) {
    for (const count of new Set([some(100), some(1000)])) {
      const title = "nothing to do";
      races.push(race({ title, files: count, applied: true, rounds: rounds * QUICK }));
    }
  }
  return races;
}

function race(given: Pick<Race, "files" | "rounds" | "title"> & Partial<Race>): Race {
  return {
    roundTripMs: 0,
    applied: false,
    ...given,
    title: `${given.title}, ${given.files} files`,
  };
}

async function intoReadme(text: string): Promise<void> {
  const readme = await Deno.readTextFile("README.md");
  const mark = /(<!-- begin bench -->\n)[\s\S]*?(\n<!-- end bench -->)/;
  if (!mark.test(readme)) throw new Error("README.md has no place for the benchmark");
  await Deno.writeTextFile(
    "README.md",
    readme.replace(mark, (_, begin, end) => `${begin}\n${text}\n${end}`),
  );
  await run([Deno.execPath(), "fmt", "-q", "README.md"], { what: "lay out README.md" });
}

/** Shows on standard error what is being done, on one line where that is a terminal. */
function live(): (text: string) => void {
  if (!Deno.stderr.isTerminal()) {
    return (text) => {
      if (text !== "") console.error(text);
    };
  }
  return (text) => Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
}
