import type { Block, Topic } from "./block.ts";
import { commandLines, wrap } from "./wrap.ts";

/** A topic for a terminal that is `width` characters wide. */
export function plainText({ blocks }: Topic, width: number): string {
  return `${blocks.map((block) => linesOf(block, width).join("\n")).join("\n\n")}\n`;
}

function linesOf(block: Block, width: number): readonly string[] {
  switch (block.kind) {
    case "text":
      return wrap(block.text, width);
    case "heading":
      return [block.text.toUpperCase()];
    case "code":
      return indented(block.lines);
    case "commands":
      return indented(commandLines(block.commands));
    case "table":
      return tableLines(block.rows, width);
  }
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line === "" ? "" : `  ${line}`);
}

/** All columns but the last are as wide as they must be; the last is broken. */
function tableLines(rows: readonly (readonly string[])[], width: number): readonly string[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from(
    { length: columns - 1 },
    (_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)),
  );
  const left = widths.reduce((sum, each) => sum + each + 2, 2);
  return rows.flatMap((row) => {
    const first = widths.map((each, i) => `${(row[i] ?? "").padEnd(each)}  `).join("");
    return wrap(row.at(-1) ?? "", Math.max(20, width - left)).map((line, i) =>
      i === 0 ? `  ${first}${line}` : `${" ".repeat(left)}${line}`
    );
  });
}
