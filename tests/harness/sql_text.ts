import fc from "fast-check";

/** What Go takes for white space, and characters that are none to it. */
const SPACES = [..." \t\n\v\f\r\u0085\u00a0\u1680\u2000\u2005\u200a\u2028\u2029\u202f\u205f\u3000"];
const NO_SPACES = [..."\ufeff\u200b"];
const WORDS = [
  ...["SELECT 1", "a", "b2", "\\", "#", "é", "😀", "-", "/", "*", "END", "COMMIT", "$1", "x$y"],
  ...[".", "begin", "DELIMITER", "atlas:x", "$", "E", "GO"],
];
const CLOSED = [
  ...["'x;y'", '"q;"', "`b;b`", "'it''s;'", "E'a\\;'", "'\\'", "'--;'", '"/*;"', "'(;'"],
  ...["U&'a;b'", "'\n;\n'", "'\";'", "'`;'", "`'`", "(1;2)", "((;);)", "(a;(b;)c;)d", "(';')"],
  ...["(-- ;)\n;)", "(/* ) */;)", "($$)$$;)", "/* c; ' */", "/* ( */", "-- a;b\n", "-- it's; (\n"],
  ...["--;\r\n", "/* a /* b; */ c; */", "(a; BEGIN b; (; END; c)"],
];
const LOOSE = [
  ...["'", "'", '"', '"', "`", "`", "(", "(", "((x)", ")", ")", "E'a\\'b'", "-- don't", "-- x;y"],
  ...["/* x;y", "/* '", "--", "/*", "$$;x;", "$a$;$b$;", "(;$$)", "$A$;$a$;", "*/", "DELIMITER"],
];
const TAGS = [
  ...["$$", "$a$", "$A$", "$a1$", "$é$", "$ä_2$", "$_$", "$aÿ$", "$a_b$", "$1$", "$a-b$", "$1"],
];
const DELIMITERS = [
  ...["//", "//", "\\n", "\\n\\n", "\\r", "\\r", "\\t", "\\t", "-- end", "--", "/*", "$$", "$"],
  ...["-", ".", ".", "GO", "GO", "x", "e", "é", ";", ";;", "'", "(", "a'b", "a'b", "a'b", "*+?["],
  ...["BEGIN"],
];
const ESCAPES: Readonly<Record<string, string>> = { "\\n": "\n", "\\r": "\r", "\\t": "\t" };

const between = fc.constantFrom("", "", " ", "\n", ";", ";", ";\n", "; ", "\r\n", ";\r\n");
const space = fc.constantFrom(...SPACES, ...NO_SPACES);
const goSpace = fc.constantFrom(..." \t\n\f\r", "\v", "\u00a0", "  ", "\r\n");

/** Constructs one after the other and one inside the other. */
const { text: inner } = fc.letrec<{ text: string; part: string }>((tie) => ({
  text: fc.array(fc.tuple(tie("part"), between), {
    maxLength: 4,
    size: "max",
    depthIdentifier: "sql",
  })
    .map((pairs) => pairs.flat().join("")),
  part: fc.oneof(
    { maxDepth: 3, depthIdentifier: "sql" },
    { weight: 6, arbitrary: fc.constantFrom(...WORDS) },
    { weight: 6, arbitrary: fc.constantFrom(...CLOSED) },
    { weight: 1, arbitrary: space },
    { weight: 1, arbitrary: tie("text").map((text) => `(${text})`) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom(..."'\"`"), tie("text")).map(quoted) },
    { weight: 1, arbitrary: tie("text").map((text) => `/* ${text} */`) },
    { weight: 1, arbitrary: dollarQuote(tie("text")) },
    { weight: 2, arbitrary: block(tie("text")) },
  ),
}));

function quoted([quote, text]: readonly [string, string]): string {
  return quote + text.replaceAll(quote, quote + quote) + quote;
}

/** What stands in a dollar quote, in another one, or in what only looks like one. */
function dollarQuote(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const tag = fc.constantFrom(...TAGS);
  return fc.tuple(tag, text, fc.option(tag)).map(([open, body, close]) =>
    `${open}${body};${close ?? open}`
  );
}

/** A block, and what differs from one in a place or two. */
function block(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(
    fc.oneof(
      fc.constantFrom("", ";", "x", ")", "/**/", "-- c\n", "f()\r\n", "b"),
      goSpace.map((blank) => `x${blank}`),
    ),
    fc.oneof(
      fc.tuple(fc.constantFrom("BEGIN", "BEGIN", "begin", "Begin", "BEGINx"), goSpace),
      fc.tuple(
        fc.constantFrom("BEGIN", "begin"),
        goSpace,
        fc.constantFrom("ATOMIC", "ATOMIC", "atomic"),
        goSpace,
      ),
      fc.constantFrom("BEGIN;", "BEGIN ATOMIC;", "BEGIN TRANSACTION;", "BEGIN ATOMICx "),
    ).map((words) => typeof words === "string" ? words : words.join("")),
    fc.oneof(
      fc.constantFrom("a; b;", "a;", "a; BEGIN b; END;", "IF a; END IF;", "a; é; 😀;"),
      text,
    ),
    fc.constantFrom(
      ...["END;", "END;", "END;", "END", "end;", " END ;", "\nEnd\n;", "END IF;", "ENDx;"],
      ...["END\v;", "END\u0085;", "END /* x */;", "END c;", ";END;", "", "'", "(", ")"],
    ),
  ).map((pieces) => pieces.join(""));
}

/** Blocks as they come in a file, and a directive at the head of what is in them. */
const blocks = fc.tuple(
  fc.constantFrom("", "", "a;", "(", "a "),
  fc.oneof(
    { weight: 4, arbitrary: block(inner) },
    {
      weight: 1,
      arbitrary: fc.tuple(
        fc.constantFrom("BEGIN ", "BEGIN ATOMIC ", "x BEGIN "),
        fc.constantFrom(
          ...["-- atlas:delimiter //\n", "-- atlas:delimiter é\n", "-- atlas:delimiter //"],
        ),
        fc.constantFrom("a;", "é;", "a//éb//", "abé\n", "a😀é"),
        fc.constantFrom("END//", "END//", "éEND;", "éENDé", "//END IF//", ""),
        fc.constantFrom("", " c; d; END; f;", "; END;", ";é;é;é; xxxxxxxxxxxxxxxxxxxxxxxxxxxxx;"),
      ).map((pieces) => pieces.join("")),
    },
  ),
  between,
  fc.oneof(fc.constantFrom("x;", "c; d;", ""), inner),
).map((pieces) => pieces.join(""));

/** A text under a delimiter D of its own, set at its head or somewhere inside it. */
const delimited = fc.tuple(
  fc.oneof(
    fc.constantFrom("-- atlas:delimiter D\n", "DELIMITER D\n", "DELIMITER 'D'\n"),
    fc.constantFrom(
      ...["-- atlas:delimiter D", "-- atlas:delimiter D\r\n", "--atlas:delimiter D\n"],
      ...["--  atlas:delimiter D\n", "# atlas:delimiter D\n", "-- é atlas:delimiter D\n"],
      ...["\n-- atlas:delimiter D\n", "-- atlas:delimiter D atlas:x\n", "-- atlas:x\n"],
      ...["-- atlas:delimiter D atlas:x\n", "-- atlas:delimiter x atlas:delimiter D\n"],
      ...["-- atlas:delimiter  D\n", "-- atlas:delimiter   D\n", "-- atlas:x atlas:delimiter D\n"],
      ...["-- atlas:delimiter\n", "-- atlas:delimiter", "-- x\n\n", "-- atlas:delimiter   D\n"],
      ...["-- atlas:delimiter  D  \n", "-- atlas:delimiter   \n", "-- atlas:delimiters D\n"],
      ...["-- atlas:delimiter D", "-- atlas:x atlas:delimiter D\n", "-- atlas:delimiter\tD\n"],
      ...["delimiter D \n", "Delimiter  D\r\n", "x DELIMITER D\n", "x; DELIMITER D\n"],
      ...[";DELIMITER D", "DELIMITERx D\n", "DELIMITER\nD", "DELIMITER\tD\n", "DELIMITER \n"],
      ...["DELIMITER ''\n", "DELIMITER '\n", "DELIMITER", "DELIMITER ", "DELIMITER 'D\n"],
      ...["DELIMITER 'x''y'\n", "DELIMITER 'x\n", "delimiter D\n", "-- c\nDELIMITER D\n"],
      ...["DELIMITER //\na//DELIMITER D\n", "DELIMITER ''''\n"],
    ),
  ),
  fc.constantFrom(...DELIMITERS),
  fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.constantFrom(
          ...["D", "D", "D\n", "DD", "cDc", "a;b", "\n\n", "'D'", "bx'yc", "'x"],
        ),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom("(D)", "$$D$$", "/* D */", "-- D\n", "X", "go", "aXb"),
      },
      { weight: 1, arbitrary: fc.constantFrom("BEGIN a;b; END;", " BEGIN aD bD ENDD") },
      { weight: 1, arbitrary: inner },
    ),
    { minLength: 1, maxLength: 5, size: "max" },
  ),
  fc.constantFrom("", "", "", "DELIMITER ;\na;b;", "D"),
).map(([head, delimiter, body, end]) => {
  const plain = delimiter.replace(/\\[nrt]/g, (escape) => ESCAPES[escape] ?? escape);
  const written = head.includes("'D'") ? delimiter.replaceAll("'", "''") : delimiter;
  return head.replaceAll(/\bD\b/g, () => written) +
    [...body, end].join("").replaceAll(/D(?!E)/g, () => plain);
});

/** The word DELIMITER where a delimiter stands in it, and at the end. */
const delimiterWord = fc.tuple(
  fc.constantFrom("-- atlas:delimiter X\n", "DELIMITER X\n"),
  fc.constantFrom("E", "I", "DEL", "TER", "R"),
  fc.oneof(fc.constant("a"), inner),
  fc.constantFrom("X", "X\n", ";\n", ""),
  fc.constantFrom(
    ...["DELIMITER", "DELIMITER", "DELIMITERx", "DELIMITER\n", "DELIMITER;a", "x DELIMITER"],
  ),
).map(([head, delimiter, ...body]) => [head, ...body].join("").replaceAll("X", delimiter));

/** White space of every kind where a statement begins or ends. */
const spaced = fc.tuple(
  fc.constantFrom("", "", "a;", "-- c\n", "BEGIN a; "),
  space,
  fc.constantFrom("x", "x;", "END; x", "DELIMITER //\n", "-- c\ny", "BEGIN a; END; b;"),
  fc.oneof({ weight: 3, arbitrary: fc.constant("") }, space),
  fc.constantFrom("", ";", "; y"),
).map((pieces) => pieces.join(""));

const general = fc.tuple(
  inner,
  fc.oneof({ weight: 3, arbitrary: fc.constant("") }, fc.constantFrom(...LOOSE)),
).map((pieces) => pieces.join(""));
const dollars = fc.tuple(
  dollarQuote(inner),
  between,
  dollarQuote(fc.constantFrom("a", ";", "'", "$b$")),
  between,
)
  .map((pieces) => pieces.join(""));

const whole = fc.oneof(
  { weight: 4, arbitrary: general },
  { weight: 6, arbitrary: delimited },
  { weight: 1, arbitrary: delimiterWord },
  { weight: 7, arbitrary: blocks },
  { weight: 4, arbitrary: spaced },
  { weight: 2, arbitrary: dollars },
);

/** A text that has lost or gained something at some place. */
const damaged = fc.tuple(
  whole,
  fc.nat(200),
  fc.constantFrom(0, 1, 2),
  fc.constantFrom("", ...LOOSE, ";", "\r\n"),
).map(([text, place, lost, gained]) => {
  const characters = [...text];
  characters.splice(place % (characters.length + 1), lost, gained);
  return characters.join("");
});

/**
 * Any text that a splitter may be given: whole constructs one after the other and one inside the
 * other, under delimiters of their own, ends of lines and white space of every kind, and texts that
 * are wrong somewhere. Shrinks to fewer and earlier parts.
 */
export const sqlText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: whole },
  { weight: 1, arbitrary: damaged },
);
