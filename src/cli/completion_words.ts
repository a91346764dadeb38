import { Help } from "@commander-js/extra-typings";
import type { Program } from "./program.ts";

/** What can stand where somebody is typing. */
export interface Completion {
  /** Each begins with what has been typed. */
  readonly words: readonly { readonly value: string; readonly description: string }[];
  /** Whether a path belongs there instead. */
  readonly paths: "none" | "files" | "dirs";
}

type Flag = Program["options"][number];

const NOTHING: Completion = { words: [], paths: "none" };

/**
 * Says what can stand in the place of the last word of a command line, whose other words come
 * before it. `standard` is the command that is meant when none is named.
 */
export function completeWords(
  program: Program,
  standard: Program,
  line: readonly string[],
): Completion {
  // bash makes three words of `--engine=atlas`.
  const words = line.filter((word, index) => word !== "=" || index === line.length - 1);
  const typed = words.at(-1) === "=" ? "" : words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const { command, open, operands, used } = readWords(program, standard, before);
  if (open !== undefined) return valuesOf(open, typed);
  const flags = flagsOf(program, standard, command);
  if (typed.startsWith("-")) {
    const [name = "", value] = split(typed);
    const flag = flags.find(({ long }) => long === name);
    if (value !== undefined) {
      return flag === undefined ? NOTHING : valuesOf(flag, value, `${name}=`);
    }
    const left = flags.filter((flag) => flag.variadic || !used.has(flag));
    return starting(typed, left.map((flag) => [flag.long ?? flag.short ?? "", flag.description]));
  }
  const help = new Help();
  const subcommands = operands === 0 ? help.visibleCommands(command) : [];
  const owner = command === program ? standard : command;
  const argument = owner.registeredArguments[operands] ??
    owner.registeredArguments.findLast(({ variadic }) => variadic);
  return {
    words: starting(typed, [
      ...subcommands.map((sub) => [sub.name(), sub.summary() || sub.description()] as const),
      ...(argument?.argChoices ?? []).map((choice) =>
        [choice, argument?.description ?? ""] as const
      ),
    ]).words,
    paths: argument === undefined || argument.argChoices !== undefined
      ? "none"
      : pathsOf(argument.name()),
  };
}

/** Follows the words that are there already. */
function readWords(program: Program, standard: Program, words: readonly string[]) {
  let command = program;
  let open: Flag | undefined;
  let operands = 0;
  const used = new Set<Flag>();
  for (const word of words) {
    if (open !== undefined) {
      open = undefined;
    } else if (word.startsWith("-")) {
      const [name, value] = split(word);
      const flag = flagsOf(program, standard, command).find(({ long, short }) =>
        long === name || short === name
      );
      if (flag === undefined) continue;
      used.add(flag);
      if (flag.required && value === undefined) open = flag;
    } else {
      const next = operands > 0
        ? undefined
        : command.commands.find((sub) => sub.name() === word || sub.aliases().includes(word));
      if (next === undefined) operands++;
      else command = next;
    }
  }
  return { command, open, operands, used };
}

function flagsOf(program: Program, standard: Program, command: Program): readonly Flag[] {
  const help = new Help();
  const own = help.visibleOptions(command);
  return command === program ? [...help.visibleOptions(standard), ...own].filter(first) : own;
}

/** Both a program and its standard command have `--help`. */
function first(flag: Flag, index: number, flags: readonly Flag[]): boolean {
  return flags.findIndex(({ long }) => long === flag.long) === index;
}

function valuesOf(flag: Flag, typed: string, prefix = ""): Completion {
  if (flag.argChoices === undefined) {
    return { words: [], paths: pathsOf(/[<[](\w+)/.exec(flag.flags)?.[1] ?? "") };
  }
  return starting(
    `${prefix}${typed}`,
    flag.argChoices.map((choice) => [`${prefix}${choice}`, flag.description]),
  );
}

/** The name of a value says what it is: `<file>`, `<dir>`. */
function pathsOf(name: string): Completion["paths"] {
  if (name === "dir") return "dirs";
  return /^(?:file|config)s?$/.test(name) ? "files" : "none";
}

function split(word: string): readonly [string, string?] {
  const [name = "", ...rest] = word.split("=");
  return rest.length === 0 || !word.startsWith("--") ? [word] : [name, rest.join("=")];
}

function starting(
  typed: string,
  words: readonly (readonly [string, string])[],
): Completion {
  return {
    words: words.filter(([value]) => value.startsWith(typed)).map(([value, description]) => ({
      value,
      description: description.replace(/\s+/g, " "),
    })),
    paths: "none",
  };
}
