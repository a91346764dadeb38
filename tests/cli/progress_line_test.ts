import assert from "node:assert/strict";
import fc from "fast-check";
import { momentLine, momentsLine, stillLine } from "../../src/cli/progress_line.ts";
import { cutTo, widthOf } from "../../src/cli/width.ts";

const SIGHT = {
  statement: "-- why\n/* and\nhow */ create index i on bronze.t (m,\n  g);\n",
  elapsedMs: 5,
  phase: "building index: scanning table",
  percent: 43,
  blockers: [],
};
const MOMENT = { doing: "0002_b (bronze)", elapsedMs: 125_400, sight: SIGHT };

Deno.test("momentLine() says file, time, the statement's first line, and how far it is", () => {
  assert.equal(
    momentLine(MOMENT, 120),
    "0002_b (bronze) 2 min 5 s: create index i on bronze.t (m, g) [building index: scanning table 43 %]",
  );
  const { sight: _, ...unseen } = MOMENT;
  assert.equal(momentLine({ ...unseen, elapsedMs: 900 }, 120), "0002_b (bronze)");
  assert.equal(
    momentLine({ ...unseen, elapsedMs: 1_900, name: "a" }, 120),
    "a: 0002_b (bronze) 1 s",
  );
});

Deno.test("momentLine() cuts the statement before it cuts the percentage", () => {
  const line = momentLine(MOMENT, 80);
  assert.match(line, /: create index .*… \[building index: scanning table 43 %\]$/);
  assert.equal(widthOf(line), 80);
  assert.equal(
    momentLine(MOMENT, 64),
    "0002_b (bronze) 2 min 5 s [building index: scanning table 43 %]",
  );
});

Deno.test("momentLine() never takes more columns than there are, whatever the statement holds", () => {
  const text = fc.string({ unit: "binary", maxLength: 60 });
  fc.assert(
    fc.property(text, text, fc.nat(120), (statement, doing, columns) => {
      const sight = { ...SIGHT, statement };
      for (
        const line of [
          momentLine({ ...MOMENT, doing, sight }, columns),
          momentsLine([{ ...MOMENT, doing, sight }, MOMENT], { columns, head: "1 of 2" }),
        ]
      ) {
        assert.ok(widthOf(line) <= columns, `${widthOf(line)} > ${columns}: ${line}`);
        assert.doesNotMatch(line, /\p{Cc}/u);
      }
    }),
  );
});

Deno.test("momentsLine() says what each of several databases is at", () => {
  const { sight: _, ...moment } = MOMENT;
  assert.equal(
    momentsLine([{ ...moment, name: "a" }, { ...moment, name: "b", doing: "0003_c" }], {
      columns: 100,
      head: "3 of 20",
    }),
    "3 of 20 · a: 0002_b (bronze) 2 min 5 s · b: 0003_c 2 min 5 s",
  );
  const many = ["first", "second", "third", "fourth"].map((name) => ({ ...moment, name }));
  assert.equal(
    momentsLine(many, { columns: 80, head: "0 of 4" }),
    "0 of 4 · first: 0002_b (bronze) 2 min 5… · second: 0002_b (bronze) 2 min … · +2",
  );
});

Deno.test("stillLine() says whom a statement waits for", () => {
  const { percent: _, phase: __, ...sight } = SIGHT;
  assert.equal(
    stillLine({ ...MOMENT, sight: { ...sight, blockers: ['pid 7, "psql" from ::1'] } }),
    'Still applying 0002_b (bronze) after 2 min 5 s: create index i on bronze.t (m, g), waits for pid 7, "psql" from ::1',
  );
});

Deno.test("cutTo() counts wide characters as two columns", () => {
  assert.equal(cutTo("日本語", 6), "日本語");
  assert.equal(cutTo("日本語", 5), "日本…");
  assert.equal(cutTo("日本語", 4), "日…");
  assert.equal(cutTo("a\tb\u001b[2J", 20), "a b␛[2J");
  assert.equal(cutTo("abc", 0), "");
});
