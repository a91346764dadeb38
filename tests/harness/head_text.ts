import fc from "fast-check";

const PREFIXES = [
  ...[
    "-- ",
    "-- ",
    "-- ",
    "--",
    "# ",
    "#",
    "-- (even this) ",
    "--\t",
    "-- é ",
    "-- atlas:x ",
    "--  ",
  ],
  ...[" -- ", "/* ", "", "\ufeff-- ", "-- atlas: "],
];
const NAMES = [
  ...["txmode", "txmode", "txmode", "txmode", "checkpoint", "checkpoint", "sum", "sum", "sums"],
  ...["txmodes", "Txmode", "checkpoint_2", "x", "tx mode"],
];
const ARGUMENTS = [
  ...[" none", " none", " none", " none", " file", " ignore", " ignore", "", "   none", " ", "  "],
  ...[" none  ", " none\u0085", " none\ufeff", "\tnone", " none\v", " all", " none é", " none # x"],
  ...[" v1", " ignore ", " none atlas:x", " none atlas:txmode file", " x atlas:txmode none"],
];
const ENDS = ["\n", "\n", "\n", "\n", "\n", "\r\n", " \n", ""];

const directive = fc.tuple(
  fc.constantFrom(...PREFIXES),
  fc.constant("atlas:"),
  fc.constantFrom(...NAMES),
  fc.constantFrom(...ARGUMENTS),
);
const plain = fc.constantFrom("-- a note", "#", "--", "# note", "select 0;", "", "-- checkpoint");
const line = fc.tuple(
  fc.oneof({ weight: 4, arbitrary: directive.map((parts) => parts.join("")) }, {
    weight: 1,
    arbitrary: plain,
  }),
  fc.constantFrom(...ENDS),
).map((parts) => parts.join(""));

/**
 * The beginnings of files: lines of comments with directives and what nearly is one, followed by an
 * empty line or by something else. Neither a quote nor a delimiter is in them, so that statements may
 * follow.
 */
export const headText: fc.Arbitrary<string> = fc.tuple(
  fc.constantFrom("", "", "", "", "", "\n", " ", "\ufeff", "select 0;\n"),
  fc.array(line, { minLength: 1, maxLength: 3 }),
  fc.constantFrom(..."\n|\n|\n|\n| \t\n|\r\n||-- note|select 0;|\v\n|\u00a0\n".split("|")),
).map(([before, lines, end]) => before + lines.join("") + end);
