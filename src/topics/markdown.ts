import type { Block, Topic } from "./block.ts";
import { commandLines, wrap } from "./wrap.ts";

/** How wide `deno fmt` makes a line of Markdown here. */
const WIDTH = 100;

/** A topic as it stands in the README, below a heading of its own. */
export function markdown({ blocks }: Topic): string {
  return blocks.map((block) => linesOf(block).join("\n")).join("\n\n");
}

function linesOf(block: Block): readonly string[] {
  switch (block.kind) {
    case "text":
      return wrap(block.text, WIDTH);
    case "heading":
      return [`### ${block.text}`];
    case "code":
      return [`\`\`\`${block.language}`, ...block.lines, "```"];
    case "commands":
      return ["```sh", ...commandLines(block.commands), "```"];
    case "table":
      return markdownTable(block.head, block.rows);
  }
}

/** A table as `deno fmt` lays it out. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const widths = head.map((title, i) =>
    Math.max(title.length, 3, ...rows.map((row) => [...(row[i] ?? "")].length))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}
