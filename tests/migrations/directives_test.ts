import assert from "node:assert/strict";
import fc from "fast-check";
import { isSumIgnored, readDelimiter, readDirectives } from "../../src/migrations/directives.ts";
import { compareHeads, headOf } from "../harness/atlas_heads.ts";
import { assertSame } from "../harness/differential.ts";
import { headText } from "../harness/head_text.ts";
import { seed } from "../harness/seed.ts";
import { toolTest } from "../harness/tools.ts";

const NOTHING = { txMode: [], checkpoint: false };
const NONE = { txMode: ["none"], checkpoint: false };

const HEADS: readonly (readonly [string, ReturnType<typeof readDirectives>])[] = [
  ["-- atlas:txmode none\n\nselect 1;\n", NONE],
  ["-- atlas:txmode none\n", NONE],
  ["-- atlas:txmode none\n \t\nselect 1;\n", NONE],
  ["# atlas:txmode none\n\n", NONE],
  ["--atlas:txmode none\n\n", NONE],
  ["-- any words (even these) atlas:txmode none\n\n", NONE],
  ["-- atlas:txmode   none  \n\n", NONE],
  ["-- a note\n--\n-- atlas:txmode none\n-- another\n\nselect 1;\n", NONE],
  ["-- atlas:txmode\n\n", { txMode: [""], checkpoint: false }],
  ["-- atlas:txmode none # really\n\n", { txMode: ["none # really"], checkpoint: false }],
  ["-- atlas:txmode a\n-- atlas:txmode b\n\n", { txMode: ["a", "b"], checkpoint: false }],
  ["-- atlas:checkpoint\n\n", { txMode: [], checkpoint: true }],
  ["-- atlas:checkpoint v1\n-- atlas:txmode none\n\n", { txMode: ["none"], checkpoint: true }],
  ["-- atlas:txmode x atlas:txmode none\n\n", NONE],
  // A head is followed by an empty line or nothing, and begins the file.
  ["-- atlas:txmode none\nselect 1;\n", NOTHING],
  ["-- atlas:txmode none\n-- note", NOTHING],
  ["-- atlas:txmode none", NOTHING],
  ["\n-- atlas:txmode none\n\n", NOTHING],
  [" -- atlas:txmode none\n\n", NOTHING],
  ["\ufeff-- atlas:txmode none\n\n", NOTHING],
  ["/* atlas:txmode none */\n\n", NOTHING],
  ["select 1;\n\n-- atlas:txmode none\n\n", NOTHING],
  ["-- a note\n\n-- atlas:txmode none\n\nselect 1;\n", NOTHING],
  // Line ends of Windows: no line is empty, but the file may end there.
  ["-- atlas:txmode none\r\n\r\nselect 1;\r\n", NOTHING],
  ["-- atlas:txmode none\r\n", NONE],
  // What stands before the name is printable ASCII.
  ["-- é atlas:txmode none\n\n", NOTHING],
  ["--\tatlas:txmode none\n\n", NOTHING],
  ["-- atlas:txmode\tnone\n\n", { txMode: [""], checkpoint: false }],
  ["-- atlas:txmodes none\n\n", NOTHING],
  // White space at the end of a line is what Go takes for it.
  ["-- atlas:txmode none\u0085\n\n", NONE],
  ["-- atlas:txmode none\ufeff\n\n", { txMode: ["none\ufeff"], checkpoint: false }],
  ["-- Atlas:txmode none\n\n", NOTHING],
  ["", NOTHING],
];

for (const [text, expected] of HEADS) {
  Deno.test(`readDirectives() reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(readDirectives(text), expected);
  });
}

Deno.test("isSumIgnored() looks at the first line alone, behind any printable text", () => {
  for (
    const text of [
      "-- atlas:sum ignore\nselect 1;",
      "-- atlas:sum ignore",
      "atlas:sum   ignore\n",
      "//atlas:sum ignore\n",
      "select 1; -- atlas:sum ignore\n",
    ]
  ) assert.equal(isSumIgnored(text), true, text);
  for (
    const text of [
      "",
      "-- note\n-- atlas:sum ignore\n",
      "-- atlas:sum ignore\r\n",
      "-- atlas:sum ignore \n",
      "-- atlas:sum\n",
      "-- atlas:sums ignore\n",
      "-- é atlas:sum ignore\n",
      "-- atlas:sum ignore atlas:checkpoint\n",
    ]
  ) assert.equal(isSumIgnored(text), false, text);
});

Deno.test("readDelimiter() takes the first line with exactly two dashes and a space", () => {
  assert.deepEqual(readDelimiter("-- atlas:delimiter //\nx", 0), { argument: "//", next: 22 });
  assert.deepEqual(readDelimiter("x-- atlas:delimiter \\n\\n\n", 1), {
    argument: "\\n\\n",
    next: 25,
  });
  assert.deepEqual(readDelimiter("-- atlas:delimiter //\r\n", 0), { argument: "//\r", next: 23 });
  assert.deepEqual(readDelimiter("-- atlas:delimiter", 0), { argument: "", next: undefined });
  for (
    const text of [
      "--atlas:delimiter //\n",
      "--  atlas:delimiter //\n",
      "-- set atlas:delimiter //\n",
      "# atlas:delimiter //\n",
      "\n-- atlas:delimiter //\n",
      "-- atlas:txmode none\n",
    ]
  ) assert.equal(readDelimiter(text, 0), undefined, text);
});

toolTest("atlas", "readDirectives() and isSumIgnored() read heads as Atlas does", async () => {
  const made = fc.sample(headText, { numRuns: 300, seed });
  // Each refusal costs a run of Atlas.
  const refused = made.filter((text) => Array.isArray(headOf(text).txMode)).slice(10);
  const texts = [...new Set(made).difference(new Set(refused))];
  await assertSame(texts, { compare: compareHeads, arbitrary: headText, seed, made: made.length });
});
