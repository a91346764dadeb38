import { Argument } from "@commander-js/extra-typings";
import { EXIT } from "../errors.ts";
import type { World } from "../world.ts";
import { completionScript, LOADING, SHELLS } from "./completion_scripts.ts";
import { completeWords } from "./completion_words.ts";
import type { Program } from "./program.ts";

/**
 * Adds `completions <shell>`, which prints a script for a shell, and what that script asks for each
 * word. Both are made from the program's own commands. `standard` is the command that is meant when
 * none is named.
 */
export function addCompletions(
  program: Program,
  options: {
    readonly standard: Program;
    readonly world: World;
    readonly done: (code: number) => void;
  },
): void {
  const { done, standard, world } = options;
  const name = program.name();
  program
    .command("completions")
    .description("print a script that completes commands and flags in a shell")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText(
      "after",
      `\nTo load it in every new shell:\n${
        SHELLS.map((shell) => `  ${shell}:\n    ${LOADING[shell](name)}\n`).join("")
      }`,
    )
    .action((shell) => {
      world.out(completionScript(shell, name));
      done(EXIT.done);
    });
  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .option("--new", "the word to complete is a new one")
    .action((words: readonly string[], flags: { readonly new?: true | undefined }) => {
      const line = flags.new ? [...words, ""] : words;
      const { paths, words: found } = completeWords(program, standard, line);
      const lines = found.map(({ description, value }) => `${value}\t${description}\n`);
      world.out(`${lines.join("")}:${paths}\n`);
      done(EXIT.done);
    });
}
