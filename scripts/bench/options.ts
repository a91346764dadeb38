import { Command, CommanderError, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { MigrateError } from "../../src/errors.ts";
import { type Peer, PEERS } from "./tools.ts";

/** What can be measured. */
export const SCENARIOS = ["fresh", "distance", "nothing", "growth", "generate"] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

/** What is to be measured, and where the result goes. */
export interface BenchOptions {
  readonly scenarios: readonly ScenarioName[];
  readonly rounds: number;
  readonly tools: readonly Peer[];
  /** The round trips of the distance scenario, in milliseconds. */
  readonly distances: readonly number[];
  /** The most files that a scenario may have; nothing for as many as it wants. */
  readonly files: number | undefined;
  readonly output: string;
  readonly readme: boolean;
  /** The command line, to stand beside the table. */
  readonly command: string;
}

const ABOUT = `
What is measured:
  fresh     an empty database on loopback, 1000 files, a table and an index in each
  distance  an empty database at some distance, 100 files
  nothing   a database that has all of 100 and of 1000 files
  growth    migrate alone, with much more of everything: time and memory
  generate  genmigrate: its time beside that of Atlas in it

Each tool runs as a program of its own, from its start to its end, with the log-in. Needed: nothing;
Atlas (ATLAS_BIN, or on the PATH) and Go are used where they are, and what is missing is named.
`;

/**
 * Reads the command line; nothing when it only asked for help.
 *
 * @throws {MigrateError} `usage`.
 */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const program = new Command("deno task bench")
    .description("Measures migrate beside Atlas, goose, golang-migrate and tern.")
    .addOption(
      list("--scenarios <names>", "what to measure", SCENARIOS)
        .default([...SCENARIOS], SCENARIOS.join(",")),
    )
    .addOption(
      list("--tools <names>", "whom to measure beside migrate", PEERS)
        .default([...PEERS], PEERS.join(",")),
    )
    .option("--rounds <count>", "how often; more often where it takes no time", positive, 3)
    .option(
      "--distances <milliseconds>",
      "the round trips of distance, as 0,5,20,50",
      (text) => text.split(",").map(milliseconds),
      [0, 5, 20],
    )
    .option("--files <count>", "at most so many files, for a quick look", positive)
    .option("--output <file>", "where to write the result as Markdown", "bin/bench.md")
    .option("--readme", "also put it into README.md", false)
    .addHelpText("after", ABOUT)
    .configureOutput({ writeErr: () => {} })
    .allowExcessArguments(false)
    .exitOverride();
  try {
    const options = program.parse([...args], { from: "user" }).opts();
    return {
      ...options,
      files: options.files,
      command: ["deno task bench", ...args.filter((arg) => arg !== "--readme")].join(" "),
    };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new MigrateError("usage", error.message.replace(/^error: /, ""), {
      hint: "See deno task bench --help",
    });
  }
}

/** An option that takes some of a few names, with commas between. */
function list<Flags extends string, Name extends string>(
  flags: Flags,
  meaning: string,
  names: readonly Name[],
) {
  return new Option(flags, `${meaning} (some of ${names.join(",")})`).argParser(
    (text): Name[] =>
      text.split(",").map((part) => {
        const name = names.find((known) => known === part.trim());
        if (name === undefined) {
          throw new InvalidArgumentError(`"${part}" is none of ${names.join(", ")}.`);
        }
        return name;
      }),
  );
}

function positive(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be 1 or more.");
}

function milliseconds(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`"${text}" is no number of milliseconds.`);
}
