import {
  Argument,
  Command,
  CommanderError,
  InvalidArgumentError,
  Option,
} from "@commander-js/extra-typings";
import { ENGINES } from "../commands/engine.ts";
import { parseDuration } from "../duration.ts";
import { EXIT, MigrateError } from "../errors.ts";
import { EXEC_ORDERS, TX_MODES } from "../migrations/mod.ts";
import { Secrets } from "../redact.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import { runApply } from "./apply.ts";
import { errorDocument, errorText } from "./error_text.ts";
import { exitCode } from "./exit_code.ts";
import { styleFor } from "./style.ts";

const EXAMPLES = `
Examples:
  migrate                                 apply all pending migrations (as migrate apply)
  migrate --config /etc/hotpot/prod.yaml  with another configuration
  migrate apply 1                         apply the next one only
  migrate --migrations deploy/migrations  from a folder instead of from inside the program
  migrate --json | jq .status             for other programs

Exit codes:
  0  done          1  the work failed       2  the call or the configuration is wrong
  130  stopped by Ctrl-C                    143  stopped by SIGTERM
`;

/** Runs the command line of `migrate` and returns its exit code. */
export async function runMigrate(world: World): Promise<number> {
  let code: number = EXIT.done;
  const secrets = new Secrets();
  const program = buildProgram(world, { secrets, done: (result) => code = result });
  try {
    await program.parseAsync([...world.args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return usage(world, error);
    return reportFailure(world, { error, secrets });
  }
}

function buildProgram(
  world: World,
  options: { readonly secrets: Secrets; readonly done: (code: number) => void },
) {
  const { done, secrets } = options;
  const program = new Command("migrate")
    .description(
      "Applies the migrations of Hotpot's database: every pending file, in the one order of all layers.",
    )
    .version(`migrate ${VERSION}`, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", EXAMPLES)
    .configureOutput({
      writeOut: world.out,
      writeErr: world.err,
      getOutHelpWidth: () => Math.min(world.terminal.columns, 100),
      getErrHelpWidth: () => Math.min(world.terminal.columns, 100),
      outputError: (text, write) => write(text.replace(/^error: /, "error[usage]: ")),
    })
    .showHelpAfterError("hint: Run migrate --help")
    .exitOverride();
  program
    .command("apply", { isDefault: true })
    .description("apply pending migrations; the default")
    .addArgument(new Argument("[amount]", "at most how many files").argParser(amount))
    .option("-c, --config <file>", "configuration file (CONFIG_FILE; default: config.yaml)")
    .addOption(
      new Option("--engine <name>", "who applies the files (MIGRATE_ENGINE; default: auto)")
        .choices(ENGINES),
    )
    .option("--migrations <dir>", "a folder instead of the migrations inside this program")
    .option("--revisions-schema <name>", "schema of the revisions table (default: found by itself)")
    .option(
      "--lock-timeout <time>",
      "how long to wait for another run (default: 10s)",
      milliseconds,
    )
    .addOption(
      new Option("--tx-mode <mode>", "a transaction for each file, for all, or none").choices(
        TX_MODES,
      ).default("file" as const),
    )
    .addOption(
      new Option("--exec-order <order>", "what to do with files added below applied ones").choices(
        EXEC_ORDERS,
      ).default("linear" as const),
    )
    .option("--baseline <version>", "take over a database that has everything up to this version")
    .option("--allow-dirty", "start in a database that holds something else")
    .option("--allow-changed", "go on although an applied file has changed since")
    .option("--json", "print one JSON document on standard output, and nothing else there")
    .option("-q, --quiet", "print nothing unless something is wrong")
    .option("-v, --verbose", "say more about what is done, and how")
    .option("--no-color", "no colours (also NO_COLOR)")
    .action(async (count, flags) =>
      done(await runApply(world, { flags: { ...flags, amount: count }, secrets }))
    );
  return program;
}

function amount(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError(
    /^-?\d/.test(text) ? "It must be 1 or more." : `There is no command "${text}".`,
  );
}

function milliseconds(text: string): number {
  const parsed = parseDuration(text);
  if (typeof parsed === "number") return parsed;
  throw new InvalidArgumentError(parsed.fault);
}

/** The parser has told a person already; a program gets its document all the same. */
function usage(world: World, error: CommanderError): number {
  if (error.exitCode === 0) return EXIT.done;
  if (world.args.includes("--json")) {
    printDocument(world, new MigrateError("usage", error.message.replace(/^error: /, "")));
  }
  return EXIT.usage;
}

/** What a command did not turn into a report: an error of ours, or a bug. */
function reportFailure(
  world: World,
  { error, secrets }: { readonly error: unknown; readonly secrets: Secrets },
): number {
  const style = styleFor(world, { stream: "err", color: !world.args.includes("--no-color") });
  const known = error instanceof MigrateError ? error : toInternal(error, secrets.redact);
  if (world.args.includes("--json")) printDocument(world, known);
  world.err(errorText(known, style));
  return exitCode(known, world.signal);
}

/** A bug may have caught a secret in its words. */
function toInternal(error: unknown, redact: (text: string) => string): MigrateError {
  const stack = redact(error instanceof Error ? error.stack ?? "" : "");
  return new MigrateError(
    "internal",
    redact(error instanceof Error ? error.message : String(error)),
    {
      hint: "This is a fault of the program: please report it, with these lines",
      details: stack.split("\n").slice(1),
      cause: error,
    },
  );
}

function printDocument(world: World, error: MigrateError): void {
  const document = { status: "failed", error: errorDocument(error) };
  world.out(`${JSON.stringify(document, null, 2)}\n`);
}
