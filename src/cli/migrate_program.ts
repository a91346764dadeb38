import { Argument, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { ENGINES } from "../commands/engine.ts";
import { didYouMean } from "../did_you_mean.ts";
import { parseDuration } from "../duration.ts";
import { MigrateError } from "../errors.ts";
import { EXEC_ORDERS, TX_MODES } from "../migrations/mod.ts";
import { MIGRATE_TOPICS } from "../topics/mod.ts";
import type { World } from "../world.ts";
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
  migrate                                 apply all pending migrations
  migrate --config /etc/hotpot/prod.yaml  with another configuration
  migrate apply 1                         apply the next one only
  migrate --migrations deploy/migrations  from a folder, not from the program
  migrate status                          where the database is, what to do next
  migrate doctor                          what is wrong with the way to it
  migrate --json | jq .status             for other programs

Exit codes:
  0  done, or nothing to do    2  the call or the configuration is wrong
  1  the work failed           3  status --exit-code found something
                               130, 143  stopped by Ctrl-C, by SIGTERM
`;

/** The commands; none is loaded before it is called. */
const COMMANDS = {
  apply: () => import("./apply.ts"),
  doctor: () => import("./doctor.ts"),
  plan: () => import("./plan.ts"),
  record: () => import("./record.ts"),
  status: () => import("./status.ts"),
  version: () => import("./version.ts"),
  wait: () => import("./wait.ts"),
} as const;

/** The options that several commands have. */
const OPTIONS = {
  config: new Option(
    "-c, --config <file>",
    "configuration file (CONFIG_FILE; default: config.yaml)",
  ),
  engine: new Option(
    "--engine <name>",
    "who applies the files (MIGRATE_ENGINE; default: auto)",
  ).choices(ENGINES),
  database: new Option(
    "--database <name>",
    "a database instead of those of the configuration; may be repeated",
  ).argParser(databases),
  jobs: new Option("--jobs <number>", "of several databases, how many at once (MIGRATE_JOBS)")
    .argParser(jobs),
  failFast: new Option(
    "--fail-fast",
    "of several databases, begin no more once one has failed",
  ),
  migrations: new Option(
    "--migrations <dir>",
    "a folder instead of the migrations inside this program",
  ),
  revisionsSchema: new Option(
    "--revisions-schema <name>",
    "schema of the revisions table (default: found by itself)",
  ),
  lockTimeout: new Option(
    "--lock-timeout <time>",
    "how long to wait for another run (default: 10s)",
  ).argParser(milliseconds),
  txMode: new Option("--tx-mode <mode>", "a transaction for each file, for all, or none")
    .choices(TX_MODES).default("file" as const),
  execOrder: new Option("--exec-order <order>", "what to do with files added below applied ones")
    .choices(EXEC_ORDERS).default("linear" as const),
  baseline: new Option(
    "--baseline <version>",
    "take over a database that has everything up to this version",
  ),
  allowDirty: new Option("--allow-dirty", "start in a database that holds something else"),
  allowChanged: new Option(
    "--allow-changed",
    "go on although an applied file has changed since",
  ),
  junit: new Option("--junit <file>", "write a JUnit report: a test for each file"),
  codeQuality: new Option("--code-quality <file>", "write a code-quality report for GitLab"),
  yes: new Option("-y, --yes", "record it without asking"),
  json: new Option("--json", "print one JSON document on standard output, and nothing else there"),
  noColor: new Option("--no-color", "no colours (also NO_COLOR)"),
} as const;

/** Runs the command line of `migrate` and returns its exit code. */
export async function runMigrate(world: World): Promise<number> {
  return await runProgram(world, (context, world) => buildProgram(world, context));
}

function buildProgram(
  world: World,
  { done, secrets }: ProgramContext,
): { readonly program: Program; readonly standard: Program } {
  const program = newProgram("migrate", world)
    .description(
      "Applies the migrations of Hotpot's database: every pending file, in the one order of all layers.",
    )
    .addHelpText("after", EXAMPLES);
  const amount = (text: string) => parseAmount(text, program.commands.map((each) => each.name()));
  const apply = program
    .command("apply", { isDefault: true })
    .description("apply pending migrations; the default")
    .addArgument(new Argument("[amount]", "at most how many files").argParser(amount))
    .addOption(OPTIONS.config)
    .addOption(OPTIONS.database)
    .addOption(OPTIONS.engine)
    .addOption(OPTIONS.migrations)
    .addOption(OPTIONS.revisionsSchema)
    .addOption(OPTIONS.lockTimeout)
    .option(
      "--statement-lock-timeout <time>",
      "how long a statement of the embedded engine waits for a lock before its file is tried again (default: 3s; 0: no end)",
      milliseconds,
    )
    .addOption(OPTIONS.txMode)
    .addOption(OPTIONS.execOrder)
    .addOption(OPTIONS.baseline)
    .addOption(OPTIONS.allowDirty)
    .addOption(OPTIONS.allowChanged)
    .option("--dry-run", "as migrate plan: say what would be done, and write nothing")
    .option("--no-pipeline", "have the embedded engine wait for each answer of the server")
    .addOption(OPTIONS.junit)
    .addOption(OPTIONS.codeQuality)
    .addOption(OPTIONS.jobs)
    .addOption(OPTIONS.failFast)
    .addOption(OPTIONS.json)
    .option("-q, --quiet", "print nothing unless something is wrong")
    .option("-v, --verbose", "say more about what is done, and how")
    .addOption(OPTIONS.noColor)
    .action(async (count, flags) => {
      const run = flags.dryRun
        ? (await COMMANDS.plan()).runPlan
        : (await COMMANDS.apply()).runApply;
      done(await run(world, { flags: { ...flags, amount: count }, secrets }));
    });
  program
    .command("plan")
    .description("say what apply would do now, and whom it would keep waiting; writes nothing")
    .addArgument(new Argument("[amount]", "at most how many files").argParser(amount))
    .addOption(OPTIONS.config)
    .addOption(OPTIONS.database)
    .addOption(OPTIONS.migrations)
    .addOption(OPTIONS.revisionsSchema)
    .addOption(OPTIONS.txMode)
    .addOption(OPTIONS.execOrder)
    .addOption(OPTIONS.baseline)
    .addOption(OPTIONS.allowDirty)
    .addOption(OPTIONS.allowChanged)
    .option("--sql", "print the statements too")
    .addOption(OPTIONS.codeQuality)
    .addOption(OPTIONS.jobs)
    .addOption(OPTIONS.json)
    .addOption(OPTIONS.noColor)
    .action(async (count, flags) =>
      done(
        await (await COMMANDS.plan()).runPlan(world, {
          flags: { ...flags, amount: count },
          secrets,
        }),
      )
    );
  program
    .command("status")
    .description("say where the database is: applied, pending, failed, changed; writes nothing")
    .addOption(OPTIONS.config)
    .addOption(OPTIONS.database)
    .addOption(OPTIONS.migrations)
    .addOption(OPTIONS.revisionsSchema)
    .option("--exit-code", "exit with 3 when something is pending or differs")
    .addOption(OPTIONS.jobs)
    .addOption(OPTIONS.json)
    .addOption(OPTIONS.noColor)
    .action(async (flags) =>
      done(await (await COMMANDS.status()).runStatus(world, { flags, secrets }))
    );
  program
    .command("history")
    .description("say who applied what, when, and in how long; writes nothing")
    .addOption(OPTIONS.config)
    .addOption(OPTIONS.database)
    .addOption(OPTIONS.migrations)
    .addOption(OPTIONS.revisionsSchema)
    .addOption(OPTIONS.jobs)
    .addOption(OPTIONS.json)
    .addOption(OPTIONS.noColor)
    .action(async (flags) =>
      done(await (await COMMANDS.status()).runHistory(world, { flags, secrets }))
    );
  program
    .command("verify")
    .description("compare the files with their sums and with the history; writes nothing")
    .addOption(OPTIONS.config)
    .addOption(OPTIONS.database)
    .addOption(OPTIONS.migrations)
    .addOption(OPTIONS.revisionsSchema)
    .addOption(OPTIONS.jobs)
    .addOption(OPTIONS.json)
    .addOption(OPTIONS.noColor)
    .action(async (flags) =>
      done(await (await COMMANDS.status()).runVerify(world, { flags, secrets }))
    );
  program
    .command("resolve")
    .description("record what became of a half-done file that was repaired by hand")
    .argument("<version>", "the version of the file, as 0007")
    .option("--applied", "what it does is in the database, all of it")
    .option("--rolled-back", "nothing of it is in the database")
    .addOption(OPTIONS.config)
    .addOption(OPTIONS.database)
    .addOption(OPTIONS.migrations)
    .addOption(OPTIONS.revisionsSchema)
    .addOption(OPTIONS.lockTimeout)
    .addOption(OPTIONS.yes)
    .addOption(OPTIONS.json)
    .addOption(OPTIONS.noColor)
    .action(async (version, flags) =>
      done(await (await COMMANDS.record()).runResolve(world, { version, flags, secrets }))
    );
  program
    .command("baseline")
    .description("take over a database without history that was built by other means")
    .argument("<version>", "the last version that is in the database, as 0007")
    .addOption(OPTIONS.config)
    .addOption(OPTIONS.database)
    .addOption(OPTIONS.migrations)
    .addOption(OPTIONS.revisionsSchema)
    .addOption(OPTIONS.lockTimeout)
    .addOption(OPTIONS.yes)
    .addOption(OPTIONS.json)
    .addOption(OPTIONS.noColor)
    .action(async (version, flags) =>
      done(await (await COMMANDS.record()).runBaseline(world, { version, flags, secrets }))
    );
  program
    .command("wait")
    .description("wait until the database lets us log in, and say nothing")
    .addOption(OPTIONS.config)
    .addOption(OPTIONS.database)
    .option("--timeout <time>", "how long at most (default: 60s)", milliseconds)
    .action(async (flags) =>
      done(await (await COMMANDS.wait()).runWait(world, { flags, secrets }))
    );
  program
    .command("doctor")
    .description("look at everything that a run depends on, and say what to mend; writes nothing")
    .addOption(OPTIONS.config)
    .addOption(OPTIONS.database)
    .addOption(OPTIONS.engine)
    .addOption(OPTIONS.migrations)
    .addOption(OPTIONS.revisionsSchema)
    .addOption(OPTIONS.json)
    .addOption(OPTIONS.noColor)
    .action(async (flags) =>
      done(await (await COMMANDS.doctor()).runDoctor(world, { flags, secrets }))
    );
  program
    .command("version")
    .description("say what this program is and which migrations are inside it")
    .option("--json", "print one JSON document on standard output")
    .action(async (flags) => done((await COMMANDS.version()).runVersion(world, flags)));
  showOptionsOf(program, apply);
  addCompletions(program, { standard: apply, world, done });
  addHelp(program, { topics: MIGRATE_TOPICS, world, done });
  return { program, standard: apply };
}

function databases(name: string, before: readonly string[] = []): readonly string[] {
  if (name === "") throw new InvalidArgumentError("It must be the name of a database.");
  if (before.includes(name)) throw new InvalidArgumentError("It is given twice.");
  return [...before, name];
}

function jobs(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a number from 1 to 9999.");
}

function parseAmount(text: string, commands: readonly string[]): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  if (/^-?\d/.test(text)) throw new InvalidArgumentError("It must be 1 or more.");
  const state = `there is no such command${didYouMean(text, commands)}`;
  throw new MigrateError("usage", `Cannot run "${text}": ${state}`, {
    hint: "Run migrate --help",
  });
}

function milliseconds(text: string): number {
  const parsed = parseDuration(text);
  if (typeof parsed === "number") return parsed;
  throw new InvalidArgumentError(parsed.fault);
}
