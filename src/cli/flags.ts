import type { Command } from "@commander-js/extra-typings";
import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { ENGINES } from "../commands/engine.ts";
import { parseDuration } from "../duration.ts";

/** What every command that looks at a database takes. */
export function addTargetFlags<Args extends unknown[], Opts extends object>(
  command: Command<Args, Opts>,
) {
  return command
    .option("-c, --config <file>", "configuration file (CONFIG_FILE; default: config.yaml)")
    .option("--migrations <dir>", "use a folder instead of the migrations inside this program")
    .option("--revisions-schema <name>", "schema of the revisions table (default: found by itself)");
}

/** What every command takes that prints. */
export function addOutputFlags<Args extends unknown[], Opts extends object>(
  command: Command<Args, Opts>,
) {
  return command
    .option("--json", "print one JSON document on standard output and nothing else there")
    .option("-q, --quiet", "print nothing unless something is wrong")
    .option("-v, --verbose", "say more about what is done, and how")
    .option("--no-color", "no colours (also NO_COLOR)");
}

/** `--engine`. */
export function engineOption() {
  return new Option("--engine <name>", "who applies the files (MIGRATE_ENGINE; default: auto)")
    .choices(ENGINES);
}

/** A duration on the command line, in milliseconds. */
export function durationFlag(text: string): number {
  const parsed = parseDuration(text);
  if (typeof parsed === "number") return parsed;
  throw new InvalidArgumentError(parsed.fault);
}
