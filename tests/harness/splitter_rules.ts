import type { Edit } from "./splitter_variants.ts";

/** Rules by their names, each with the edits of the source that switch it off. */
export type Rules = Readonly<Record<string, readonly Edit[]>>;

const IS_DELIMITER = "if (depth === 0 && stop === this.#delimiter) return";
const INSIDE = "inside: new RegExp(`[()'\"\\`]|\\\\$|--|/\\\\*${block}`, flags)";
const TAG = String.raw`/\$(?:[A-Za-zÈ-ÿ_][0-9A-Za-z_È-ÿ]*)?\$/y`;
const COMMAND = "this.#pos === this.#start && this.#delimiterCommand()";
const ARGUMENT = String.raw`(?: +([^\n]+))?/`;
const FIRST = String
  .raw`const first = at === this.#start || /[\t\n\f\r ]/.test(this.#text.charAt(at - 1));`;
const GO_SPACE = String.raw`"[\\t\\n\\f\\r ]"`;
const SPACE = [
  ...[String.raw`\\t`, String.raw`\\n`, String.raw`\\v`, String.raw`\\f`, String.raw`\\r`, " "],
  ...["0085", "00a0", "1680", "2000-\\\\u200a", "2028", "2029", "202f", "205f", "3000"]
    .map((point) => String.raw`\\u${point}`),
];

const STATEMENTS: Rules = {
  "a semicolon ends a statement": [scanner(IS_DELIMITER, "if (false) return")],
  "the semicolon stays in the text": [scanner('this.#delimiter !== ";" && raw', "raw")],
  "another delimiter does not": [scanner('this.#delimiter !== ";" && raw', "false && raw")],
  "what is left at the end is a statement": [
    scanner("return this.#start < text.length ? text.length : undefined;", "return undefined;"),
  ],
  "parentheses keep a delimiter inside": [
    scanner("depth === 0 ? this.#stops.outside : this.#stops.inside", "this.#stops.outside"),
    scanner(IS_DELIMITER, "if (stop === this.#delimiter) return"),
  ],
  "parentheses nest": [scanner("depth--;", "depth = 0;")],
  "a parenthesis must be closed": [scanner("if (depth > 0) throw", "if (false) throw")],
  "the outermost open parenthesis is named": [
    scanner("if (depth++ === 0) opened = at;", "depth++; opened = at;"),
  ],
  "a parenthesis must have been opened": [
    scanner(
      `if (depth === 0) throw new ScanError("unexpected ')'", at);`,
      "if (depth === 0) continue;",
    ),
  ],
  "a delimiter comes before comments and dollar quotes": [
    scanner("${escaped}|\\\\$|--|/\\\\*${block}", "\\\\$|--|/\\\\*|${escaped}${block}"),
  ],
  "quotes and parentheses come before a delimiter": [
    scanner("switch (stop) {", `${IS_DELIMITER} this.#pos;\n      switch (stop) {`),
  ],
  "a delimiter is no pattern": [
    scanner(
      "const escaped = delimiter.replace(",
      "const escaped = delimiter.replace(/[^.]/g, (c) => `\\\\${c}`); delimiter.replace(",
    ),
  ],
  "a delimiter is in one case": [
    scanner('const flags = delimiter === ";" ? "gi" : "g";', 'const flags = "gi";'),
    scanner(
      IS_DELIMITER,
      "if (depth === 0 && stop.toUpperCase() === this.#delimiter.toUpperCase()) return",
    ),
  ],
};

const QUOTES: Rules = {
  "single quotes": [scanner(`case "'":`, "")],
  "double quotes": [scanner(`case '"':`, "")],
  "backticks": [scanner('case "`":', 'case "\\0":')],
  "a quote must be closed": [
    scanner("throw new ScanError(`unclosed quote", "return; throw new ScanError(`unclosed quote"),
  ],
  "a backslash escapes nothing": [
    scanner(
      "this.#text.indexOf(quote, at + 1)",
      "((i: number) => i < 0 ? -1 : i + at + 1)(this.#text.slice(at + 1).replace(/\\\\[^]/g, '  ').indexOf(quote))",
    ),
  ],
  "dollar quotes": [
    scanner('if (stop === "$") this.#dollarQuote(at);', 'if (stop === "$") continue;'),
  ],
  "dollar quotes between parentheses": [scanner(INSIDE, INSIDE.replace("|\\\\$", ""))],
  "a dollar quote may have no tag": [scanner(TAG, TAG.replace(")?", ")"))],
  "a dollar quote ends at its own tag": [
    scanner("this.#text.indexOf(tag, at + tag.length)", 'this.#text.indexOf("$", at + tag.length)'),
  ],
  "a dollar quote that does not end reaches to the end": [
    scanner("end < 0 ? this.#text.length : end + tag", "end < 0 ? at + 1 : end + tag"),
  ],
  "a tag begins with no digit": [scanner(TAG, TAG.replace("[A-Z", "[0-9A-Z"))],
  "a tag may have digits": [scanner(TAG, TAG.replace("[0-9", "["))],
  "a tag may begin with a Latin letter": [scanner(TAG, TAG.replace("zÈ-ÿ_]", "z_]"))],
  "a tag may have Latin letters": [scanner(TAG, TAG.replace("_È-ÿ]*", "_]*"))],
  "a tag may have underscores": [scanner(TAG, TAG.replaceAll("_", ""))],
  "the case of a tag matters": [
    scanner(
      "this.#text.indexOf(tag, at + tag.length)",
      "this.#text.toLowerCase().indexOf(tag.toLowerCase(), at + tag.length)",
    ),
  ],
};

const COMMENTS: Rules = {
  "line comments": [
    scanner('if (stop === "--") this.#comment(at, "\\n");', 'if (stop === "--") continue;'),
  ],
  "block comments": [
    scanner('if (stop === "/*") this.#comment(at, "*/");', 'if (stop === "/*") continue;'),
  ],
  "line comments between parentheses": [scanner(INSIDE, INSIDE.replace("|--", ""))],
  "block comments between parentheses": [scanner(INSIDE, INSIDE.replace("|/\\\\*", ""))],
  "block comments do not nest": [
    scanner(
      "this.#known.indexOf(this.#text, terminator, at + 2)",
      `terminator === "*/" ? ((): number => {
        for (let i = at + 2, open = 1; i < this.#text.length; i++) {
          if (this.#text.startsWith("/*", i)) open++;
          else if (this.#text.startsWith("*/", i) && --open === 0) return i;
        }
        return -1;
      })() : this.#known.indexOf(this.#text, terminator, at + 2)`,
    ),
  ],
  "a comment that does not end is none": [
    scanner(
      "if (end < 0) return;\n    //",
      "if (end < 0) { this.#pos = this.#text.length; return; }\n//",
    ),
  ],
  "a comment in front of a statement belongs to nothing": [
    scanner("if (at === this.#start) this.#begin(end + terminator.length);\n    else ", ""),
  ],
};

const COMMANDS: Rules = {
  "the directive for the delimiter": [scanner("if (directive === undefined) return;", "return;")],
  "the directive begins with -- and one space": [
    directives('if (!text.startsWith("-- ", from)) return undefined;', ""),
    directives('found?.[1] !== "-- " || found[2]', "found?.[2]"),
  ],
  "the last directive of a line counts": [directives("/^([ -~]*)atlas:", "/^([ -~]*?)atlas:")],
  "the name of a directive is whole": [
    directives('found[2] !== "delimiter"', '!found[2]?.startsWith("delimiter")'),
  ],
  "of nothing but spaces the last is the argument": [
    directives(ARGUMENT, String.raw`(?: +([^ \n][^\n]*))?/`),
  ],
  "spaces in front of an argument are not part of it": [
    directives(ARGUMENT, ARGUMENT.replace(" +", " ")),
  ],
  "something stands behind the directive": [
    scanner(
      "if (directive.next === undefined) {",
      "if (directive.next === undefined) { this.#pos = text.length; return;",
    ),
  ],
  "a delimiter is not empty": [
    scanner('if (argument === "") throw', 'if (argument === "") return; if (false) throw'),
  ],
  "\\n in a delimiter": [scanner("/\\\\[nrt]/g", "/\\\\[rt]/g")],
  "\\r in a delimiter": [scanner("/\\\\[nrt]/g", "/\\\\[nt]/g")],
  "\\t in a delimiter": [scanner("/\\\\[nrt]/g", "/\\\\[nr]/g")],
  "the DELIMITER command": [scanner(COMMAND, "false")],
  "the DELIMITER command in any case": [scanner("/^delimiter[^]/i", "/^DELIMITER[^]/")],
  "the DELIMITER command needs a space": [
    scanner('if (text.charAt(at + 9) !== " ") return false;', ""),
  ],
  "no delimiter is looked for in the word DELIMITER": [scanner("this.#pos = at + 9;", "")],
  "unless nothing stands behind it": [scanner("/^delimiter[^]/i", "/^delimiter/i")],
  "a delimiter has no white space around it": [
    scanner("trimSpace(text.slice(at + 9, end))", 'text.slice(at + 10, end).replace(/\\n$/, "")'),
  ],
  "a quoted delimiter": [
    scanner(`if (argument.startsWith("'")`, `if (false && argument.startsWith("'")`),
  ],
  "a quoted delimiter ends with its quote": [scanner(` && argument.endsWith("'")`, "")],
  "a doubled quote in a delimiter": [scanner(`.replaceAll("''", "'")`, "")],
};

const BLOCKS: Rules = {
  "BEGIN ATOMIC … END": [
    scanner("matchAt(BEGIN_ATOMIC, this.#text, at)", "undefined as number | undefined"),
  ],
  "BEGIN ATOMIC stands behind anything": [
    scanner("if (atomic === undefined && (plain", "if ((plain"),
  ],
  "BEGIN ATOMIC in any case": [scanner('ATOMIC${WS}+`, "iy")', 'ATOMIC${WS}+`, "y")')],
  "BEGIN ATOMIC needs white space behind it": [scanner("ATOMIC${WS}+`", "ATOMIC${WS}*`")],
  "BEGIN ATOMIC ends with any END": [scanner("(atomic || rest", "(rest")],
  "BEGIN ATOMIC that does not end is no BEGIN either": [
    scanner(
      "const end = yield { body, atomic: atomic !== undefined };",
      `const end = (yield { body, atomic: atomic !== undefined }) ??
        (first && plain !== undefined ? yield { body: at + plain, atomic: false } : undefined);`,
    ),
  ],
  "BEGIN … END": [scanner("matchAt(BEGIN, this.#text, at)", "undefined as number | undefined")],
  "BEGIN begins a block at the start of a statement": [
    scanner("const first = at === this.#start || ", "const first = "),
  ],
  "BEGIN begins a block behind white space": [scanner(FIRST, "const first = at === this.#start;")],
  "BEGIN begins no block inside a word": [scanner(FIRST, "const first = true;")],
  "BEGIN in any case": [
    scanner('new RegExp(`BEGIN${WS}+`, "iy")', 'new RegExp(`BEGIN${WS}+`, "y")'),
  ],
  "BEGIN needs white space behind it": [
    scanner("`|begin(?=${WS})`", "`|begin`"),
    scanner("new RegExp(`BEGIN${WS}+`", "new RegExp(`BEGIN${WS}*`"),
  ],
  "END in any case": [
    scanner('new RegExp(`^${WS}*END${WS}*`, "i")', "new RegExp(`^${WS}*END${WS}*`)"),
  ],
  "END may have white space behind it": [scanner("`^${WS}*END${WS}*`", "`^${WS}*END`")],
  "END may stand without a semicolon": [scanner('rest === "" || rest === ";"', 'rest === ";"')],
  "END may have a semicolon": [scanner('rest === "" || rest === ";"', 'rest === ""')],
  "END IF ends no block": [scanner('rest === "" || rest === ";"', "true")],
  "blocks nest": [
    scanner("#start = 0;", "#start = 0;\n  flat = false;"),
    scanner(
      "const inner = new Scanner(this.#text, body, this.#known);",
      "const inner = new Scanner(this.#text, body, new Known()); inner.flat = true;",
    ),
    scanner(
      "*#block(at: number, depth: number): Search<boolean> {",
      "*#block(at: number, depth: number): Search<boolean> {\n" +
        "if (this.flat) { this.#pos = at + 1; return false; }",
    ),
  ],
  "a block that does not end is none": [
    scanner(
      "this.#pos = end ?? body;\n",
      "this.#pos = end ?? this.#text.length;\n    if (end === undefined) return true;\n",
    ),
  ],
  "scanning goes on behind the words of such a block": [
    scanner(
      "this.#pos = end ?? body;\n",
      "this.#pos = end ?? this.#text.length;\n    if (end === undefined) return false;\n",
    ),
  ],
  "what is wrong inside a block makes it none": [
    scanner(
      "if (!(error instanceof ScanError)) throw error;\n      if (read",
      "throw error;\nif (read",
    ),
  ],
  "blocks between parentheses": [scanner(INSIDE, INSIDE.replace("${block}", ""))],
  "blocks only where a semicolon is the delimiter": [
    scanner('delimiter === ";" ? `|begin', "true ? `|begin"),
    scanner('const flags = delimiter === ";" ? "gi" : "g";', 'const flags = "gi";'),
  ],
  "a directive inside a block is not counted as read": [
    scanner("if (this.#counted === this.#from) return this.#pos;", "return this.#pos;"),
  ],
  "what is counted as read are bytes": [
    scanner(
      "encoder.encodeInto(this.#text.slice(this.#from), bytes).read;",
      "this.#pos - this.#counted + 0 * bytes.length;",
    ),
  ],
  "U+000B is no white space between the words of a block": [
    scanner(GO_SPACE, GO_SPACE.replace("[", String.raw`[\\v`)),
  ],
  ...Object.fromEntries(
    [String.raw`\\t`, String.raw`\\n`, String.raw`\\f`, String.raw`\\r`, " "].flatMap((space) => [
      [`${named(space)} between the words of a block`, [
        scanner(GO_SPACE, GO_SPACE.replace(space, "")),
      ]],
      [`${named(space)} in front of a block`, [
        scanner(
          FIRST,
          FIRST.replace(space === " " ? " ]" : space.slice(1), space === " " ? "]" : ""),
        ),
      ]],
    ]),
  ),
};

const WHITE_SPACE: Rules = {
  ...Object.fromEntries(SPACE.map((point) => [
    `${named(point)} is white space`,
    [space(SPACE.join(""), SPACE.filter((other) => other !== point).join(""))],
  ])),
  ...Object.fromEntries(["\\\\ufeff", "\\\\u200b"].map((point) => [
    `${named(point)} is none`,
    [space(SPACE.join(""), SPACE.join("") + point)],
  ])),
  "white space at the end of a statement is not part of it": [
    space("while (end > 0 && ONE.test(text.charAt(end - 1))) end--;", ""),
  ],
};

/** Every rule by which a text is split, with the edits of the source that switch it off. */
export const SPLITTER_RULES: Rules = {
  ...STATEMENTS,
  ...QUOTES,
  ...COMMENTS,
  ...COMMANDS,
  ...BLOCKS,
  ...WHITE_SPACE,
};

function named(point: string): string {
  return point === " " ? "a space" : point.replaceAll("\\\\", "\\");
}

function scanner(from: string, to: string): Edit {
  return ["scanner.ts", from, to];
}

function directives(from: string, to: string): Edit {
  return ["directives.ts", from, to];
}

function space(from: string, to: string): Edit {
  return ["white_space.ts", from, to];
}
