import type { Program } from "./program.ts";

/**
 * The words of a command line with the command in front, so that flags may stand before it as
 * behind it: `migrate --config prod.yaml status`. The parser would take them for flags of the
 * default command, and the name for its operand.
 */
export function commandFirst(
  program: Program,
  { standard, words }: { readonly standard: Program; readonly words: readonly string[] },
): readonly string[] {
  const names = program.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "--") break;
    if (!word.startsWith("-")) {
      return names.includes(word) ? [word, ...words.slice(0, i), ...words.slice(i + 1)] : words;
    }
    if (takesNext(word, { program, standard })) i++;
  }
  return words;
}

/** Whether the word after a flag is its value. A flag may belong to any of the commands. */
function takesNext(
  word: string,
  { program, standard }: { readonly program: Program; readonly standard: Program },
): boolean {
  const flag = [standard, ...program.commands].flatMap(({ options }) => options).find(
    ({ long, short }) => long === word || short === word,
  );
  return flag?.required === true;
}
