import type { Rules } from "./splitter_rules.ts";

const DIRECTIVE = String.raw`/^([ -~]*)atlas:([0-9A-Za-z_]+)(?: +([^\n]+))?/`;
const BEGINS = 'text.startsWith("#", at) || text.startsWith("--", at)';
const FOLLOWS = 'at === text.length || text.charAt(rest.lastIndex) === "\\n"';
const IS_IGNORE = 'found?.[2] === "sum" && found[3] === "ignore"';

/** Every rule by which the head of a file is read, with the edits of the source that switch it off. */
export const HEAD_RULES: Rules = {
  "atlas:txmode": [edit('found?.[2] === "txmode"', "false")],
  "every atlas:txmode counts": [
    edit('txMode.push(found[3] ?? "")', 'txMode.splice(0, 1, found[3] ?? "")'),
  ],
  "atlas:checkpoint": [edit('found?.[2] === "checkpoint"', "false")],
  "a line of the head may begin with #": [edit(BEGINS, 'text.startsWith("--", at)')],
  "a line of the head may begin with --": [edit(BEGINS, 'text.startsWith("#", at)')],
  "a line of the head begins with one of them": [
    edit(BEGINS, "at < text.length && text[at] !== '\\n'"),
  ],
  "the head begins the file": [
    edit("let at = 0;", "let at = /^\\s*/.exec(text)?.[0].length ?? 0;"),
  ],
  "an empty line follows the head": [edit(FOLLOWS, "true")],
  "or the end of the file": [edit(FOLLOWS, FOLLOWS.replace("at === text.length || ", ""))],
  "the empty line may have blanks": [edit("const rest = /[ \\t]*/y;", "const rest = /(?:)/y;")],
  "an empty line ends with no CR": [
    edit("const rest = /[ \\t]*/y;", "const rest = /[ \\t\\r]*/y;"),
  ],
  "a line that does not end is in no head": [
    edit("if (end < 0) return [];", "if (end < 0) return [text.slice(at)];"),
  ],
  "white space around a line is not part of it": [
    edit("trimSpace(text.slice(at, end))", "text.slice(at, end)"),
  ],
  "that is what Go takes for white space": [
    edit("trimSpace(text.slice(at, end))", "text.slice(at, end).trim()"),
  ],
  "what stands before a directive is printable ASCII": [
    edit(DIRECTIVE, DIRECTIVE.replace("[ -~]*", "[^\\n]*")),
  ],
  "anything printable may stand before a directive": [
    edit(DIRECTIVE, DIRECTIVE.replace("[ -~]*", "[-# ]*")),
  ],
  "the last directive of a line counts": [edit(DIRECTIVE, DIRECTIVE.replace("[ -~]*", "[ -~]*?"))],
  "a name has letters, digits and underscores": [
    edit(DIRECTIVE, DIRECTIVE.replace("[0-9A-Za-z_]+", "(?:txmode|checkpoint|sum)")),
  ],
  "an argument is the rest of the line": [
    edit(DIRECTIVE, DIRECTIVE.replace("[^\\n]+", "[^ \\n]+")),
  ],
  "spaces in front of an argument are not part of it": [
    edit(DIRECTIVE, DIRECTIVE.replace(" +", " ")),
  ],
  "an argument stands behind spaces": [edit(DIRECTIVE, DIRECTIVE.replace(" +", "\\s+"))],
  "atlas:sum ignore": [edit(IS_IGNORE, "false")],
  "nothing but atlas:sum": [edit(IS_IGNORE, 'found?.[3] === "ignore"')],
  "nothing but ignore": [edit(IS_IGNORE, 'found?.[2] === "sum"')],
  "atlas:sum stands in the first line": [
    edit(
      "const found = DIRECTIVE.exec(text);",
      "const found = new RegExp(DIRECTIVE, 'm').exec(text);",
    ),
  ],
};

function edit(from: string, to: string): Rules[string][number] {
  return ["directives.ts", from, to];
}
