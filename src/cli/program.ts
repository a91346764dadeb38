import { Command, CommanderError, Help } from "@commander-js/extra-typings";
import type { FailureDocument } from "../documents/mod.ts";
import { EXIT, MigrateError } from "../errors.ts";
import { Secrets } from "../redact.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import { errorDocument, errorText } from "./error_text.ts";
import { exitCode } from "./exit_code.ts";
import { fitWorld } from "./fit.ts";
import { styleFor } from "./style.ts";
import { commandFirst } from "./word_order.ts";

/** A command line, whatever its commands and flags. */
// deno-lint-ignore no-explicit-any -- the parser's types differ with every option
export type Program = Command<any, any, any>;

/** The parts that the command lines of both programs share. */
export function newProgram(name: string, world: World): Command {
  return new Command(name)
    .version(`${name} ${VERSION}`, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .configureOutput({
      writeOut: world.out,
      writeErr: world.err,
      getOutHelpWidth: () => Math.min(world.terminal.columns, 100),
      getErrHelpWidth: () => Math.min(world.terminal.columns, 100),
      outputError: (text, write) => write(text.replace(/^error: /, "error[usage]: ")),
    })
    .showHelpAfterError(`hint: Run ${name} --help`)
    .exitOverride();
}

/** Shows the options of the default command on the first page: without a command, they are meant. */
export function showOptionsOf(program: Program, standard: Program): void {
  const help = new Help();
  program.configureHelp({
    visibleOptions: (command) =>
      command.name() === program.name()
        ? [...standard.options, ...help.visibleOptions(command)]
        : help.visibleOptions(command),
  });
}

/** What the commands of a program share. */
export interface ProgramContext {
  /** Takes the exit code of the command that was run. */
  readonly done: (code: number) => void;
  /** Learns every secret that a command meets. */
  readonly secrets: Secrets;
}

/**
 * Runs a command line, whose default command is `standard`, in a world whose lines fit the terminal,
 * and returns its exit code.
 */
export async function runProgram(
  given: World,
  build: (
    context: ProgramContext,
    world: World,
  ) => { readonly program: Program; readonly standard: Program },
): Promise<number> {
  const world = fitWorld(given);
  let code: number = EXIT.done;
  let command: string | undefined;
  let program: Program | undefined;
  const secrets = new Secrets();
  world.onCrash?.((error) =>
    reportFailure(world, { command, error, name: program?.name() ?? "migrate", secrets })
  );
  try {
    const built = build({ done: (result) => code = result, secrets }, world);
    program = built.program.hook("preSubcommand", (_, chosen) => {
      command = chosen.name();
    });
    const words = commandFirst(program, { standard: built.standard, words: world.args });
    await program.parseAsync([...words], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      return usage(world, { error, command, name: program?.name() ?? "" });
    }
    return reportFailure(world, { command, error, name: program?.name() ?? "migrate", secrets });
  }
}

/** The parser has told a person already; a program gets its document all the same. */
function usage(
  world: World,
  { command, error, name }: {
    readonly command: string | undefined;
    readonly error: CommanderError;
    readonly name: string;
  },
): number {
  if (error.exitCode === 0) return EXIT.done;
  if (world.args.includes("--json")) {
    const help = [name, ...(command === undefined ? [] : [command]), "--help"].join(" ");
    const usage = new MigrateError("usage", error.message.replace(/^error: /, ""), {
      hint: `Run ${help}`,
      next: [{ command: help }],
    });
    printDocument(world, { command, error: usage });
  }
  return EXIT.usage;
}

/** What a command did not turn into a report: an error of ours, or a bug. */
function reportFailure(
  world: World,
  { command, error, name, secrets }: {
    readonly command: string | undefined;
    readonly error: unknown;
    /** What the program is called. */
    readonly name: string;
    readonly secrets: Secrets;
  },
): number {
  const style = styleFor(world, { stream: "err", color: !world.args.includes("--no-color") });
  const known = helpOf(
    error instanceof MigrateError ? error : toInternal(error, secrets.redact),
    name,
  );
  if (world.args.includes("--json")) printDocument(world, { command, error: known });
  world.err(errorText(known, { style, world }));
  return exitCode(known, world.signal);
}

/** The same error, whose topics of help are those of the program that runs. */
function helpOf(error: MigrateError, name: string): MigrateError {
  const next = error.next.map((step) => ({
    ...step,
    command: step.command.replace(/^migrate (?=help )/, `${name} `),
  }));
  return error.next.some(({ command }) => command.startsWith("migrate help "))
    ? error.with({ next })
    : error;
}

/** A bug as an error of ours; it may have caught a secret in its words. */
export function toInternal(error: unknown, redact: (text: string) => string): MigrateError {
  const [message = "", ...stack] = redact(withCauses(error)).split("\n");
  return new MigrateError("internal", message, {
    hint: "This is a fault of the program: please report it, with these lines",
    details: stack,
    cause: error,
  });
}

/** The message of an error, and below it its stack and what caused it. */
function withCauses(error: unknown, told = new Set<unknown>()): string {
  told.add(error);
  if (!(error instanceof Error)) return textOf(error);
  // A stack begins with the message, which may have been changed afterwards.
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const causes = [error.cause, ...error instanceof AggregateError ? error.errors : []]
    .filter((cause) => cause !== undefined && !told.has(cause))
    .map((cause) => `caused by: ${withCauses(cause, told)}`);
  return [error.message, ...frames, ...causes].join("\n");
}

/** Anything may be thrown, also what cannot be made a text. */
function textOf(thrown: unknown): string {
  try {
    return typeof thrown === "object" ? JSON.stringify(thrown) : String(thrown);
  } catch {
    return `something without a text was thrown (${typeof thrown})`;
  }
}

function printDocument(
  world: World,
  { command, error }: { readonly command: string | undefined; readonly error: MigrateError },
): void {
  const document: FailureDocument = {
    command: (command ?? null) as FailureDocument["command"],
    status: "failed",
    error: errorDocument(error, world),
  };
  world.out(`${JSON.stringify(document, null, 2)}\n`);
}
