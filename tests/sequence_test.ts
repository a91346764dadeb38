import assert from "node:assert/strict";
import fc from "fast-check";
import { MigrateError } from "../src/errors.ts";
import { LAYERS } from "../src/layers.ts";
import { nextVersion, type NumberedFile, planRenumber } from "../src/sequence.ts";

Deno.test("nextVersion() is one more than the highest, whatever the order and the gaps", () => {
  assert.equal(nextVersion([]), "0001");
  assert.equal(nextVersion(["0007", "0002"]), "0008");
  assert.equal(nextVersion(["9998"]), "9999");
});

Deno.test("nextVersion() refuses a fifth digit and names the way out", () => {
  const error = refusal(() => nextVersion(["0001", "9999"]));
  assert.equal(error.code, "sequence_full");
  assert.match(error.hint ?? "", /Begin a new history/);
});

const numbers = fc.integer({ min: 1, max: 40 });
const file = fc.record({ layer: fc.constantFrom(...LAYERS), number: numbers, name: fc.nat(20) })
  .map(({ layer, name, number }): NumberedFile => ({
    layer,
    file: `${String(number).padStart(4, "0")}_n${name}.sql`,
  }));
/** No two files of a layer share a path; their numbers may clash, as after a merge. */
const files = fc.uniqueArray(file, {
  selector: (one) => `${one.layer}/${one.file}`,
  maxLength: 12,
});
const base = fc.uniqueArray(file, { selector: numberOf, maxLength: 12 });

Deno.test("planRenumber() gives the own files numbers above the base, without a clash, in order", () => {
  fc.assert(fc.property(files, base, (all, theirs) => {
    const own = without(all, theirs);
    const renames = planRenumber(own, theirs);
    // It names own files alone, each at most once, and keeps layer and description.
    for (const { from, layer, to } of renames) {
      assert.ok(own.some((one) => one.layer === layer && one.file === from));
      assert.equal(to.slice(4), from.slice(4));
      assert.notEqual(to, from);
    }
    const after = renamed(own, renames);
    const highest = Math.max(0, ...theirs.map(numberOf));
    const result = after.map(numberOf);
    assert.ok(result.every((number) => number > highest), "below the base");
    assert.equal(new Set(result).size, result.length, "two share a number");
    for (const [i, a] of own.entries()) {
      for (const [j, b] of own.entries()) {
        if (numberOf(a) < numberOf(b)) assert.ok((result[i] ?? 0) < (result[j] ?? 0), "order");
      }
    }
    assert.deepEqual(planRenumber(after, theirs), []);
  }));
});

Deno.test("planRenumber() lets files be that stand right, with gaps", () => {
  const own = [{ layer: "gold", file: "0009_a.sql" }, { layer: "bronze", file: "0007_b.sql" }];
  assert.deepEqual(planRenumber(own, [{ layer: "gold", file: "0003_c.sql" }]), []);
});

Deno.test("planRenumber() orders two of one number by their layers", () => {
  const own = [
    { layer: "bronze", file: "0003_a.sql" },
    { layer: "bronze", file: "0004_b.sql" },
    { layer: "gold", file: "0003_c.sql" },
  ];
  assert.deepEqual(planRenumber(own, [{ layer: "silver", file: "0002_d.sql" }]), [
    { layer: "gold", from: "0003_c.sql", to: "0004_c.sql" },
    { layer: "bronze", from: "0004_b.sql", to: "0005_b.sql" },
  ]);
});

Deno.test("planRenumber() leaves names alone that have no number, for others to refuse", () => {
  const odd = ["notes.sql", "add_hosts.sql", "10000_a.sql", "20260208154545_a.sql", "12_a.sql"];
  const own = [...odd, "0002_b.sql"].map((file) => ({ layer: "bronze", file }));
  const base = ["0002_c.sql", "readme.sql"].map((file) => ({ layer: "gold", file }));
  assert.deepEqual(planRenumber(own, base), [
    { layer: "bronze", from: "0002_b.sql", to: "0003_b.sql" },
  ]);
});

Deno.test("planRenumber() refuses numbers beyond four digits", () => {
  const base = [{ layer: "bronze", file: "9999_a.sql" }];
  const error = refusal(() => planRenumber([{ layer: "gold", file: "9999_b.sql" }], base));
  assert.equal(error.code, "sequence_full");
});

function numberOf({ file }: NumberedFile): number {
  return Number(file.slice(0, 4));
}

function without(all: readonly NumberedFile[], others: readonly NumberedFile[]) {
  return all.filter((one) =>
    !others.some((other) => other.layer === one.layer && other.file === one.file)
  );
}

function renamed(own: readonly NumberedFile[], renames: ReturnType<typeof planRenumber>) {
  return own.map(({ file, layer }) => ({
    layer,
    file: renames.find((rename) => rename.layer === layer && rename.from === file)?.to ?? file,
  }));
}

function refusal(act: () => unknown): MigrateError {
  try {
    act();
  } catch (error) {
    if (error instanceof MigrateError) return error;
    throw error;
  }
  return assert.fail("was taken");
}
