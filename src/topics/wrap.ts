/**
 * Breaks a text into lines of at most `width` characters. What stands in backticks is not broken,
 * and neither is a word that is longer than a line.
 */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const [word] of text.matchAll(/(?:`[^`]*`|[^\s`])+/g)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return line === "" ? lines : [...lines, line];
}

/** Commands below each other, what they are good for beside them, as in a shell. */
export function commandLines(
  commands: readonly { readonly command: string; readonly says?: string }[],
): readonly string[] {
  const width = Math.max(
    0,
    ...commands.map(({ command, says }) => says === undefined ? 0 : command.length),
  );
  return commands.map(({ command, says }) =>
    says === undefined ? command : `${command.padEnd(width)}  # ${says}`
  );
}
