import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { DEFAULT_BASE } from "../git.ts";
import { LAYERS } from "../layers.ts";
import { SCRATCH_MODES } from "../postgres/mod.ts";
import { GENMIGRATE_TOPICS } from "../topics/mod.ts";
import type { World } from "../world.ts";
import { runCheck } from "./check.ts";
import { runHash, runNew, runRenumber } from "./checkout.ts";
import type { SourceTools } from "./dev_settings.ts";
import { runDiff } from "./diff.ts";
import { addCompletions } from "./completions.ts";
import { addHelp } from "./help.ts";
import {
  newProgram,
  type Program,
  type ProgramContext,
  runProgram,
  showOptionsOf,
} from "./program.ts";

const EXAMPLES = `
Examples:
  genmigrate add_firewall_tables          write what the declared schema needs
  genmigrate new fill_owner --layer silver --edit
                                          a file for SQL written by hand
  genmigrate hash                         after an edit of files
  genmigrate renumber                     when a merge took the same numbers
  genmigrate check                        is all as it must be? for CI
  genmigrate diff check                   a migration named as a command

Exit codes:
  0  done, or nothing to do    2  the call or the configuration is wrong
  1  the work failed           3  check found something
                               130, 143  stopped by Ctrl-C, by SIGTERM
`;

const OUT = ["--out <dir>", "folder of the migrations", "deploy/migrations"] as const;
const BASE = "branch that others build on";
const CONFIG = "configuration file (CONFIG_FILE; default: config.yaml)";

/** Runs the command line of `genmigrate` and returns its exit code. */
export async function runGenmigrate(world: World, tools?: SourceTools): Promise<number> {
  return await runProgram(
    world,
    (context, world) => buildProgram(world, { ...context, tools }),
  );
}

function buildProgram(
  world: World,
  options: ProgramContext & { readonly tools: SourceTools | undefined },
): { readonly program: Program; readonly standard: Program } {
  const { done, secrets, tools } = options;
  const schema = tools?.schema ?? "pkg/storage/ent";
  const program = newProgram("genmigrate", world)
    .description(
      "Writes the next migrations: what leads from the present ones to the declared schema.",
    )
    .addHelpText("after", EXAMPLES);
  const diff = program
    .command("diff", { isDefault: true })
    .description("write the migrations that the declared schema needs; the default")
    .argument("<name>", "what the change is, as add_firewall_tables", migrationName)
    .option("--schema <dir>", "folder of the declared schemas", schema)
    .option(...OUT)
    .option("-c, --config <file>", CONFIG)
    .addOption(scratchOption())
    .option("--dev-embedded", "compare in a throwaway PostgreSQL; needs no configuration")
    .option("-q, --quiet", "print nothing unless something is wrong")
    .option("-v, --verbose", "say more about what is done, and how")
    .option("--no-color", "no colours (also NO_COLOR)")
    .action(async (name, flags) => done(await runDiff(world, { ...flags, name, secrets, tools })));
  program
    .command("new")
    .description("add a numbered file for SQL that is written by hand")
    .argument("<name>", "what the change is", migrationName)
    .addOption(
      new Option("--layer <layer>", "the layer it belongs to").choices(LAYERS)
        .makeOptionMandatory(),
    )
    .option("--edit", "open it in the editor (VISUAL, EDITOR) before it is summed")
    .option(...OUT)
    .option("-q, --quiet", "print nothing unless something is wrong")
    .option("--no-color", "no colours (also NO_COLOR)")
    .action(async (name, flags) => done(await runNew(world, { ...flags, name })));
  program
    .command("hash")
    .description("write atlas.sum and embed.ts after an edit of files that nobody has yet")
    .option(...OUT)
    .option("--base <branch>", `${BASE}; its files must be unchanged (default: ${DEFAULT_BASE})`)
    .option("--against <config>", "configuration of a database whose files must be unchanged")
    .option("-q, --quiet", "print nothing unless something is wrong")
    .option("--no-color", "no colours (also NO_COLOR)")
    .action(async (flags) => done(await runHash(world, { ...flags, secrets })));
  program
    .command("renumber")
    .description("number the files that the base branch does not have after those that it has")
    .option(...OUT)
    .option("--base <branch>", BASE, DEFAULT_BASE)
    .option("-q, --quiet", "print nothing unless something is wrong")
    .option("--no-color", "no colours (also NO_COLOR)")
    .action(async (flags) => done(await runRenumber(world, flags)));
  program
    .command("check")
    .description("sums, numbers, embed.ts, the base branch, the replay, the declared schema")
    .option("--schema <dir>", "folder of the declared schemas", schema)
    .option(...OUT)
    .option("--base <branch>", `${BASE} (default: ${DEFAULT_BASE})`)
    .option("-c, --config <file>", CONFIG)
    .addOption(scratchOption())
    .option("--dev-embedded", "compare in a throwaway PostgreSQL; needs no configuration")
    .option("--json", "print one JSON document on standard output, and nothing else there")
    .option("-q, --quiet", "print nothing unless something is wrong")
    .option("--no-color", "no colours (also NO_COLOR)")
    .action(async (flags) => done(await runCheck(world, { ...flags, secrets, tools })));
  showOptionsOf(program, diff);
  addCompletions(program, { standard: diff, world, done });
  addHelp(program, { topics: GENMIGRATE_TOPICS, world, done });
  return { program, standard: diff };
}

function scratchOption() {
  return new Option(
    "--scratch <when>",
    "compare in a database of our own beside the configured one",
  )
    .choices(SCRATCH_MODES).default("auto" as const, "auto: if that is not empty");
}

function migrationName(text: string): string {
  if (/^[a-z0-9_]+$/.test(text)) return text;
  const corrected = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
    .replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  throw new InvalidArgumentError(
    `A name has only a-z, 0-9 and _.${corrected === "" ? "" : ` Try ${corrected}.`}`,
  );
}
