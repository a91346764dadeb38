import assert from "node:assert/strict";
import fc from "fast-check";
import { MigrateError } from "../../src/errors.ts";
import { computeSums, formatSums, verifySums } from "../../src/migrations/mod.ts";
import { atlas, folderOf } from "../harness/atlas.ts";
import { toolTest } from "../harness/tools.ts";

const A = { name: "1_a.sql", text: "SELECT 1;\n" };
const B = { name: "2_b.sql", text: "SELECT 2;\nSELECT 3;\n" };

Deno.test("computeSums() gives what Atlas gives", () => {
  assert.equal(
    formatSums(computeSums([B, A])),
    "h1:tFAm5OVg+EEPr44hx4i4TduXaTs5pdPvSfigGb/umW8=\n" +
      "1_a.sql h1:oHx7vmeRbxB72kdSGUkFhE08red3y82zeqcbzCxkGjo=\n" +
      "2_b.sql h1:r3ryu75tgtEs7dve1D+lufCNzqm4KbcDOXg7X+ry1gM=\n",
  );
  assert.equal(formatSums(computeSums([])), "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
  const ignored = { name: "1_z.sql", text: "-- atlas:sum ignore\n\nSELECT 9;\n" };
  const sums = computeSums([A, ignored, B]);
  assert.equal(sums.total, "Evx8K1OsadrIDHUrJILfoJyM7diIk1GagLVh38SgL+Y=");
  assert.deepEqual(sums.entries.map(({ name }) => name), ["1_a.sql", "2_b.sql"]);
});

toolTest("atlas", "computeSums() agrees with the real Atlas on any directory", async () => {
  const name = fc.stringMatching(/^[0-9a-zA-Z_.é-]{1,12}$/).map((stem) => `${stem}.sql`);
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom(
      "-- atlas:sum ignore\n",
      "//atlas:sum ignore",
      "-- atlas:sum ignore\r\nx",
      "a\r\nb",
      "",
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, text, { maxKeys: 6 }), async (files) => {
      await using folder = await folderOf(files);
      const run = await atlas(["migrate", "hash", "--dir", `file://${folder.path}`]);
      assert.equal(run.code, 0, run.stderr);
      const sources = Object.entries(files).map(([name, text]) => ({ name, text }));
      assert.equal(
        formatSums(computeSums(sources)),
        await Deno.readTextFile(`${folder.path}/atlas.sum`),
      );
    }),
    { numRuns: 25 },
  );
});

function refusal(files: Parameters<typeof verifySums>[0], text: string | undefined): MigrateError {
  try {
    verifySums(files, { text, path: "m/bronze" });
  } catch (error) {
    if (error instanceof MigrateError) return error;
  }
  throw new Error("nothing was refused");
}

Deno.test("verifySums() names the first file that differs, and how", () => {
  const sum = formatSums(computeSums([A, B]));
  verifySums([A, B], { text: sum, path: "" });
  verifySums([A, B], { text: sum.replaceAll("\n", "\r\n"), path: "" });
  verifySums([], { text: undefined, path: "" });
  const cases = [
    { files: [A, { ...B, text: "x" }], change: "edited", file: "m/bronze/2_b.sql", line: 3 },
    { files: [B], change: "removed", file: "m/bronze/1_a.sql", line: 2 },
    {
      files: [A, B, { name: "3_c.sql", text: "" }],
      change: "added",
      file: "m/bronze/3_c.sql",
      line: 4,
    },
    {
      files: [A, { name: "1_b.sql", text: "" }, B],
      change: "added",
      file: "m/bronze/1_b.sql",
      line: 3,
    },
  ];
  for (const { files, ...expected } of cases) {
    const error = refusal(files, sum);
    assert.equal(error.code, "sum_mismatch");
    assert.deepEqual(
      { change: error.data["change"], file: error.data["file"], line: error.data["line"] },
      expected,
    );
    assert.equal(error.data["onlyLineEnds"], false);
  }
});

Deno.test("verifySums() says when a file differs by its line endings only", () => {
  const crlf = [A, { ...B, text: B.text.replaceAll("\n", "\r\n") }];
  assert.equal(refusal(crlf, formatSums(computeSums([A, B]))).data["onlyLineEnds"], true);
  const all = crlf.map(({ name, text }) => ({ name, text: text.replace(/\r?\n/g, "\r\n") }));
  assert.equal(refusal([A, B], formatSums(computeSums(all))).data["onlyLineEnds"], true);
});

Deno.test("verifySums() tells a missing, a broken and a hand-edited atlas.sum apart", () => {
  const sum = formatSums(computeSums([A, B]));
  assert.equal(refusal([A], undefined).code, "sum_missing");
  assert.equal(refusal([A, B], sum.replace("1_a", "<<<<<<< HEAD\n1_a")).code, "sum_format");
  assert.equal(refusal([A, B], sum.replace("2_b", "2_c")).code, "sum_mismatch");
  assert.equal(refusal([A], "").code, "sum_format");
});
