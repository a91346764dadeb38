import assert from "node:assert/strict";
import fc from "fast-check";
import type { MigrateError } from "../../src/errors.ts";
import { type Layer, LAYERS } from "../../src/layers.ts";
import {
  computeSums,
  type Folder,
  formatSums,
  mergeLayers,
  type Migration,
  sealedPool,
  type SourceFile,
  verifySums,
} from "../../src/migrations/mod.ts";
import { refusalOf } from "../harness/refusal.ts";

/** A folder with files of one statement, and sums that fit. */
function folder(layer: Layer, names: readonly string[], changes: Partial<Folder> = {}): Folder {
  const files = names.map((name) => ({ name, text: `select '${layer} ${name}';\n` }));
  const path = `m/${layer}`;
  return { layer, path, files, sum: sumOf(changes.files ?? files), ...changes };
}

function sumOf(files: readonly SourceFile[]): string {
  return formatSums(computeSums(files));
}

function refusal(...folders: readonly Folder[]): MigrateError {
  return refusalOf(() => mergeLayers(folders));
}

Deno.test("mergeLayers() puts all layers into one order", () => {
  const { migrations, sum } = mergeLayers([
    folder("bronze", ["0005_e.sql", "0001_a.sql"]),
    folder("bronzehistory", ["0004_d.sql"]),
    folder("silver", ["0002_b.sql", "0010_f.sql"]),
    folder("gold", ["0003_c.sql"]),
  ]);
  assert.deepEqual(migrations.map(({ path }) => path), [
    "m/bronze/0001_a.sql",
    "m/silver/0002_b.sql",
    "m/gold/0003_c.sql",
    "m/bronzehistory/0004_d.sql",
    "m/bronze/0005_e.sql",
    "m/silver/0010_f.sql",
  ]);
  const [first] = migrations;
  const text = "select 'bronze 0001_a.sql';\n";
  assert.deepEqual(
    {
      layer: first?.layer,
      file: first?.file,
      path: first?.path,
      version: first?.version,
      description: first?.description,
      text: first?.text,
      texts: [...first?.texts() ?? []],
      directives: first?.directives,
      checkpoint: first?.checkpoint,
    },
    {
      layer: "bronze",
      file: "0001_a.sql",
      path: "m/bronze/0001_a.sql",
      version: "0001",
      description: "a",
      text,
      texts: [text],
      directives: { txMode: [], checkpoint: false },
      checkpoint: false,
    },
  );
  // The sums are those of the merged directory, as Atlas is given it.
  verifySums(migrations.map(({ file, text }) => ({ name: file, text })), { text: sum, path: "" });
});

Deno.test("mergeLayers() knows each file's hash in the merged directory and in its layer", () => {
  const number = fc.uniqueArray(fc.integer({ min: 0, max: 9999 }), { maxLength: 8 });
  fc.assert(fc.property(number, fc.infiniteStream(fc.constantFrom(...LAYERS)), (numbers, layer) => {
    const owners = numbers.map((n) => [`${String(n).padStart(4, "0")}_x.sql`, layer.next().value]);
    const folders = LAYERS.map((own) =>
      folder(own, owners.flatMap(([name = "", owner]) => owner === own ? [name] : []))
    );
    const pool = mergeLayers(folders);
    const merged = computeSums(folders.flatMap(({ files }) => files));
    assert.equal(pool.sum, formatSums(merged));
    assert.deepEqual(
      pool.migrations.map(({ file, hash }) => ({ name: file, hash })),
      merged.entries,
    );
    for (const { files, layer } of folders) {
      assert.deepEqual(
        pool.migrations.filter((migration) => migration.layer === layer)
          .map(({ file, layerHash }) => ({ name: file, hash: layerHash })),
        computeSums(files).entries,
      );
    }
  }));
});

Deno.test("mergeLayers() takes layers without files, with or without sums", () => {
  const pool = mergeLayers([
    folder("bronze", [], { sum: undefined }),
    folder("silver", []),
    folder("gold", ["0001_a.sql"]),
  ]);
  assert.deepEqual(pool.migrations.map(({ layer }) => layer), ["gold"]);
  assert.deepEqual(mergeLayers([]).migrations, []);
});

Deno.test("mergeLayers() sees checkpoints", () => {
  const files = [
    { name: "0001_a.sql", text: "-- atlas:checkpoint\n\nselect 1;\n" },
    { name: "0002_b.sql", text: "-- atlas:checkpoint\nselect 1;\n" },
  ];
  const { migrations } = mergeLayers([folder("bronze", [], { files })]);
  assert.deepEqual(migrations.map(({ checkpoint }) => checkpoint), [true, false]);
});

Deno.test("mergeLayers() names every file whose name is wrong", () => {
  const wrong = [
    "1_a.sql",
    "00001_a.sql",
    "0001_A.sql",
    "0001_a-b.sql",
    "0001_.sql",
    "0001.sql",
    "0001_a.SQL",
    ".0001_a.sql",
    "20260208154545_a.sql",
  ];
  for (const name of wrong) {
    const error = refusal(folder("bronze", [name]));
    assert.equal(error.code, "migration_name", name);
  }
  const error = refusal(
    folder("bronze", ["1_a.sql", "0002_ok.sql", "3_c.sql"]),
    folder("gold", ["0004-d.sql"]),
  );
  assert.deepEqual(error.data["files"], [
    "m/bronze/1_a.sql",
    "m/bronze/3_c.sql",
    "m/gold/0004-d.sql",
  ]);
  assert.deepEqual(error.details, error.data["files"]);
  assert.match(error.message, /3 names are not NNNN_name\.sql/);
  assert.match(refusal(folder("gold", ["1_a.sql"])).message, /a name is not NNNN_name\.sql/);
  mergeLayers([folder("bronze", ["0000_0.sql", "9999_a_1.sql"])]);
});

Deno.test("mergeLayers() names every number that is taken twice, in one layer or in several", () => {
  const error = refusal(
    folder("bronze", ["0001_a.sql", "0002_b.sql", "0003_c.sql", "0003_d.sql"]),
    folder("silver", ["0002_b.sql", "0004_x.sql"]),
    folder("gold", ["0002_z.sql"]),
  );
  assert.equal(error.code, "duplicate_version");
  assert.deepEqual(error.data["clashes"], {
    "0002": ["m/bronze/0002_b.sql", "m/silver/0002_b.sql", "m/gold/0002_z.sql"],
    "0003": ["m/bronze/0003_c.sql", "m/bronze/0003_d.sql"],
  });
  assert.match(error.message, /0002, 0003 are taken more than once/);
  assert.equal(error.details.length, 2);
  const one = refusal(folder("bronze", ["0001_a.sql"]), folder("gold", ["0001_a.sql"]));
  assert.match(one.message, /0001 is taken more than once/);
});

Deno.test("mergeLayers() names every file that is left out of the sums", () => {
  const ignored = (name: string) => ({ name, text: "-- atlas:sum ignore\n\nselect 1;\n" });
  const error = refusal(
    folder("bronze", [], { files: [ignored("0001_a.sql"), { name: "0002_b.sql", text: "" }] }),
    folder("gold", [], { files: [ignored("0003_c.sql")] }),
  );
  assert.equal(error.code, "sum_ignored");
  assert.deepEqual(error.data["files"], ["m/bronze/0001_a.sql", "m/gold/0003_c.sql"]);
});

Deno.test("mergeLayers() checks each layer against its own sums", () => {
  const bronze = folder("bronze", ["0001_a.sql", "0002_b.sql"]);
  const gold = folder("gold", ["0003_c.sql", "0004_d.sql"]);
  assert.equal(refusal(bronze, { ...gold, sum: undefined }).code, "sum_missing");
  assert.match(refusal(bronze, { ...gold, sum: undefined }).message, /"m\/gold"/);
  const conflict = `<<<<<<< HEAD\n${gold.sum}=======\n`;
  assert.deepEqual(
    [refusal(bronze, { ...gold, sum: conflict })].map(({ code, data }) => [code, data["line"]]),
    [["sum_format", 1]],
  );
  assert.deepEqual(refusal(bronze, { ...gold, sum: conflict }).details, ["m/gold/atlas.sum:1"]);
  assert.match(refusal(bronze, { ...gold, sum: conflict }).message, /line 1 has no hash/);
  const edited = gold.files.map((file) => ({ ...file, text: `${file.text}-- more\n` }));
  const error = refusal(bronze, { ...gold, files: edited });
  assert.equal(error.code, "sum_mismatch");
  assert.deepEqual(error.data, {
    file: "m/gold/0003_c.sql",
    change: "edited",
    line: 2,
    onlyLineEnds: false,
  });
  // The sums of one layer do not vouch for the files of another.
  assert.equal(refusal({ ...bronze, files: [] }, gold).code, "sum_mismatch");
});

Deno.test("mergeLayers() says when Windows changed the line ends", () => {
  const gold = folder("gold", ["0001_a.sql", "0002_b.sql"]);
  const crlf = gold.files.map(({ name, text }) => ({ name, text: text.replace("\n", "\r\n") }));
  const error = refusal({ ...gold, files: crlf });
  assert.equal(error.data["onlyLineEnds"], true);
  assert.match(error.message, /"0001_a\.sql" was edited \(by its line endings only\)/);
  assert.match(error.hint ?? "", /\.gitattributes/);
});

Deno.test("sealedPool() is what mergeLayers() makes, and reads no file for it", () => {
  const names = fc.uniqueArray(fc.integer({ min: 1, max: 9999 }), { maxLength: 12 });
  fc.assert(fc.property(fc.array(names, { minLength: 4, maxLength: 4 }), (numbers) => {
    const taken = new Set<number>();
    const folders = LAYERS.map((layer, at) => {
      const own = (numbers[at] ?? []).filter((number) => !taken.has(number));
      for (const number of own) taken.add(number);
      return folder(layer, own.map((number) => `${String(number).padStart(4, "0")}_x.sql`));
    });
    const whole = mergeLayers(folders);
    const unread = folders.map((each) => ({
      ...each,
      files: each.files.map(({ name }) => ({
        name,
        get text(): string {
          throw new Error("was read");
        },
      })),
    }));
    const sealed = sealedPool(unread, whole.sum);
    const told = ({ file, hash, layer, layerHash, path, version }: Migration) => (
      { file, hash, layer, layerHash, path, version }
    );
    assert.deepEqual(sealed?.migrations.map(told), whole.migrations.map(told));
    assert.equal(sealed?.sum, whole.sum);
    sealedPool(folders, whole.sum)?.verify?.();
  }));
});

Deno.test("sealedPool() trusts only sums of the same files, and verify() sees what is not theirs", () => {
  const folders = [folder("bronze", ["0001_a.sql"]), folder("gold", ["0002_b.sql"])];
  const { sum } = mergeLayers(folders);
  const more = [...folders, folder("silver", ["0003_c.sql"])];
  assert.equal(sealedPool(more, sum), undefined);
  assert.equal(
    sealedPool([{ ...more[0] as Folder, sum: undefined }, more[1] as Folder], sum),
    undefined,
  );
  const edited = { name: "0001_a.sql", text: "select 2;\n" };
  const [bronze, gold] = folders as [Folder, Folder];
  const verify = (changed: readonly Folder[]) =>
    refusalOf(() => sealedPool(changed, sum)?.verify?.());
  assert.equal(verify([{ ...bronze, files: [edited] }, gold]).code, "sum_mismatch");
  // Edited and hashed, but not embedded again.
  const stale = verify([folder("bronze", ["0001_a.sql"], { files: [edited] }), gold]);
  assert.equal(stale.code, "sum_mismatch");
  assert.match(stale.hint, /deno task embed/);
});
