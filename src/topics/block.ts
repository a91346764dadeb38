/** One part of an explanation. Words in backticks are code. */
export type Block =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "heading"; readonly text: string }
  | { readonly kind: "table"; readonly head: readonly string[]; readonly rows: readonly Row[] }
  | { readonly kind: "code"; readonly language: string; readonly lines: readonly string[] }
  | { readonly kind: "commands"; readonly commands: readonly Command[] };

type Row = readonly string[];

/** A command to type, and what it is good for. */
export interface Command {
  readonly command: string;
  readonly says?: string;
}

/** What `help <topic>` explains; the README has the same. */
export interface Topic {
  readonly name: string;
  /** In a few words, for the list of topics. */
  readonly summary: string;
  readonly blocks: readonly Block[];
}

export const text = (text: string): Block => ({ kind: "text", text });
export const heading = (text: string): Block => ({ kind: "heading", text });
export const table = (head: readonly string[], rows: readonly Row[]): Block => ({
  kind: "table",
  head,
  rows,
});
export const code = (language: string, ...lines: readonly string[]): Block => ({
  kind: "code",
  language,
  lines,
});
export const commands = (...commands: readonly (readonly [string, string?])[]): Block => ({
  kind: "commands",
  commands: commands.map(([command, says]) => ({
    command,
    ...(says === undefined ? {} : { says }),
  })),
});
