import fc from "fast-check";

const CONTROL = [
  ...["commit", "COMMIT", "end", "rollback", "abort", "commit and chain", "rollback and chain"],
  ...["begin", "start transaction", "prepare transaction 'x'", "rollback to a", "savepoint a"],
  ...["commit work", "END transaction", "rollback work to savepoint a", "release a", "end work"],
  ...["commit prepared 'x'", "start /* a */ transaction", "rollback -- a\n", "begin; commit"],
];
const PLAIN = [
  ...["select 1", "select 'x; commit'", 'select 1 as "; commit"', "select $$; commit;$$", ""],
  ...["select 1 as end", "select case when true then 1 end", "values (1)", "do $$ begin end $$"],
  ...["create function f() returns int begin atomic select 1; select 2; end", "select 1 begin"],
  ...["create function f() returns int begin atomic select case when true then 1 end; end"],
  ...["create or replace procedure p() begin atomic select 1; end", "prepare q as select 1"],
  ...["select 1 as a$b$c", "select 1 as é$$", "select 1 atomic", "execute q", "deallocate q"],
  ...["create rule r as on insert to t do also (select 1; select 2)", "set transaction read write"],
];
const ODD = [
  ...["E'\\'", "'\\'", "e'it\\'s'", "E'a'\n'\\''", "E'a' '\\'", "'a'\n'\\'", "xE'\\'", '"\\"', "'"],
  ...["$a$", "$$", "$1$a$", "a$a$", "é$a$", "1$a$", "/* /* */", "*/", "/*", "/* a /* b */ */"],
  ...[
    "--",
    "-- a\r",
    "-- a\n",
    "-- '\r",
    "U&'\\'",
    "n'\\'",
    "B'0'",
    "`",
    "\\",
    "(",
    ")",
    "\u00a0",
    "\v",
  ],
  ...[
    "E''",
    "E'\\\\'",
    "--/*\n",
    "/*--*/",
    "'--'",
    "begin atomic",
    "case",
    "end",
    "E'a' -- b\n'\\''",
  ],
];

const spaces = fc.constantFrom(
  "",
  " ",
  "\n",
  "\r",
  "\t",
  "\f",
  "\v",
  " /* x */ ",
  "-- x\n",
  "/**/",
);
const part = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...CONTROL) },
  { weight: 4, arbitrary: fc.constantFrom(...PLAIN) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom("select ", "select 1, "), fc.constantFrom(...ODD)).map((
      words,
    ) => words.join("")),
  },
  { weight: 2, arbitrary: fc.constantFrom(...ODD) },
);

/** What a file may send as one statement: commands that end transactions, and what hides them. */
export const transactionText: fc.Arbitrary<string> = fc.array(
  fc.tuple(spaces, part, spaces, fc.constantFrom(";", ";", ";", ";;", "")),
  { minLength: 1, maxLength: 5, size: "max" },
).map((pieces) => pieces.flat().join(""));
