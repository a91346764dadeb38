import type { NextStep } from "../errors.ts";
import { shellWord } from "../shell_word.ts";
import type { World } from "../world.ts";
import { pad } from "./columns.ts";
import { widthOf } from "./width.ts";
import type { Style } from "./style.ts";

/** The flags that say which database and which files are meant, by the commands that take them. */
const DATABASE = ["--config", "--database"];
const ALL = [...DATABASE, "--migrations", "--revisions-schema"];
const TAKES: Readonly<Record<string, readonly string[]>> = {
  apply: ALL,
  plan: ALL,
  status: ALL,
  history: ALL,
  verify: ALL,
  resolve: ALL,
  baseline: ALL,
  wait: DATABASE,
  doctor: ALL,
};

/**
 * A command of `migrate` as it is to be typed after the present one: with the flags that say which
 * database is meant, or it would go to another one.
 */
export function commandFor({ args }: Pick<World, "args">, { command }: NextStep): string {
  const [program, name = "apply"] = command.split(" ");
  if (program !== "migrate") return command;
  const takes = TAKES[name.startsWith("-") ? "apply" : name] ?? [];
  // The present command, typed again, has them.
  const has = new Set(targetFlags(command.split(" ")).map(([flag]) => flag));
  const given = targetFlags(args).filter(([flag]) => takes.includes(flag) && !has.has(flag));
  return [command, ...given.map(([flag, value]) => `${flag} ${shellWord(value)}`)].join(" ");
}

/** Commands for people, a line each that can be copied whole. */
export function nextLines(
  steps: readonly NextStep[],
  { style, world }: { readonly style: Style; readonly world: Pick<World, "args"> },
): readonly string[] {
  const commands = steps.map((step) => commandFor(world, step));
  const width = Math.max(0, ...commands.map(widthOf));
  return steps.map(({ when }, i) => {
    const command = commands[i] ?? "";
    return when === undefined
      ? `next: ${command}`
      : `next: ${pad(command, width)}  ${style.dim(`# ${when}`)}`;
  });
}

/** The arguments as if one of several databases were the only one that is meant. */
export function forDatabase({ args }: Pick<World, "args">, name: string): Pick<World, "args"> {
  const rest = args.filter((arg, i) =>
    arg !== "--database" && !arg.startsWith("--database=") && args[i - 1] !== "--database"
  );
  return { args: [...rest, `--database=${name}`] };
}

/** The present command as it was typed. */
export function sameCommand({ args }: Pick<World, "args">): string {
  return ["migrate", ...args.map(shellWord)].join(" ");
}

function targetFlags(args: readonly string[]): readonly (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  for (let i = 0; i < args.length; i++) {
    // `-c file` and `-cfile` are `--config file`.
    const word = (args[i] ?? "").replace(/^-c(?=.)/, "--config=").replace(/^-c$/, "--config");
    const [flag = "", ...rest] = word.split("=");
    if (!ALL.includes(flag)) continue;
    const value = rest.length > 0 ? rest.join("=") : args[++i];
    if (value !== undefined) found.push([flag, value]);
  }
  return found;
}
