import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { MigrateError } from "../src/errors.ts";
import { FileOnDisk } from "../src/file_on_disk.ts";
import { checkText, computeSums, readDirectives } from "../src/migrations/mod.ts";
import { folderOf } from "./harness/atlas.ts";

/** A file with these bytes, as it is read on disk. */
function onDisk(folder: string, bytes: Uint8Array | string, mark = true): FileOnDisk {
  const file = join(folder, "0001_a.sql");
  if (typeof bytes === "string") Deno.writeTextFileSync(file, bytes);
  else Deno.writeFileSync(file, bytes);
  return new FileOnDisk("0001_a.sql", { file, path: "m/0001_a.sql", mark });
}

const LINE = fc.constantFrom(
  "-- atlas:txmode none",
  "-- atlas:checkpoint",
  "-- atlas:sum ignore",
  "atlas:sum ignore",
  "# comment",
  "",
  "  ",
  "select 'щ😀';",
  "\u{feff}select 1;",
);

Deno.test("FileOnDisk says and hashes what the text does", async () => {
  await using folder = await folderOf({});
  fc.assert(
    fc.property(fc.array(LINE, { maxLength: 6 }), fc.constantFrom("\n", "\r\n"), (lines, end) => {
      const text = lines.join(end);
      const file = onDisk(folder.path, text);
      const eager = { name: file.name, text };
      assert.deepEqual(file.directives, readDirectives(text));
      assert.deepEqual(computeSums([file]), computeSums([eager]));
      assert.deepEqual(file.directives, readDirectives(text));
      assert.equal(file.text, text);
    }),
  );
});

Deno.test("FileOnDisk reads what is longer than a piece, whatever stands at its end", async () => {
  await using folder = await folderOf({});
  for (const head of ["", "-- atlas:checkpoint\n\n", `${"-- long\n".repeat(200_000)}\n`]) {
    for (let shift = 0; shift < 4; shift++) {
      const text = `${head}-- ${"x".repeat(shift)}${"щ😀".repeat(400_000)}\nselect 1;\n`;
      const file = onDisk(folder.path, text);
      assert.deepEqual(file.directives, readDirectives(text));
      assert.deepEqual(computeSums([file]), computeSums([{ name: file.name, text }]));
      assert.equal(file.text, text);
    }
  }
});

Deno.test("FileOnDisk refuses what checkText() refuses, with the same words", async () => {
  await using folder = await folderOf({});
  const long = new TextEncoder().encode("щ".repeat(600_000));
  for (
    const bytes of [
      Uint8Array.of(0x61, 0x00),
      Uint8Array.of(0x61, 0xff, 0x62),
      Uint8Array.of(0xd1),
      Uint8Array.of(0xef, 0xbb, 0xbf, 0x61),
      Uint8Array.of(...[0x61, 0xf0, 0x9f]),
      new Uint8Array([...long, 0xff]),
      new Uint8Array([...long, 0xd1]),
    ]
  ) {
    const said = [
      () => checkText(bytes, "m/0001_a.sql"),
      () => onDisk(folder.path, bytes, false).text,
      () => computeSums([onDisk(folder.path, bytes, false)]),
    ].map((read) => {
      try {
        read();
      } catch (error) {
        if (error instanceof MigrateError) return [error.code, error.message, error.data];
      }
      return "nothing";
    });
    assert.deepEqual(said[1], said[0]);
    assert.deepEqual(said[2], said[0]);
    assert.notEqual(said[0], "nothing");
  }
});

Deno.test("FileOnDisk refuses a file that is not what was hashed, and one that is gone", async () => {
  await using folder = await folderOf({});
  const file = onDisk(folder.path, "select 1;\n");
  computeSums([file]);
  Deno.writeTextFileSync(join(folder.path, "0001_a.sql"), "select 22;\n");
  assert.throws(() => file.text, { code: "sum_mismatch" });
  Deno.removeSync(join(folder.path, "0001_a.sql"));
  assert.throws(() => file.text, { code: "migrations_unreadable" });
  assert.throws(() => computeSums([file]), { code: "migrations_unreadable" });
});

Deno.test("FileOnDisk hands out a text in pieces, and no more of it once it has changed", async () => {
  await using folder = await folderOf({});
  const text = "щ😀".repeat(200_000);
  for (let shift = 0; shift < 4; shift++) {
    const file = onDisk(folder.path, "x".repeat(shift) + text);
    const pieces = [...file.texts()];
    assert.ok(pieces.length > 4);
    assert.ok(pieces.every((piece) => piece.isWellFormed()));
    assert.equal(pieces.join(""), "x".repeat(shift) + text);
    const [first] = file.texts();
    assert.equal(first, pieces[0]);
    const reading = file.texts();
    reading.next();
    Deno.writeTextFileSync(join(folder.path, "0001_a.sql"), `${text}longer by some characters`);
    assert.throws(() => reading.next(), { code: "sum_mismatch" });
    assert.throws(() => file.texts().next(), { code: "sum_mismatch" });
  }
});
