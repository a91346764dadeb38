import assert from "node:assert/strict";
import fc from "fast-check";
import { type Layer, LAYERS } from "../../src/layers.ts";
import {
  compareHistory,
  type Comparison,
  computeSums,
  type Pool,
  refuseChanged,
  type Revision,
} from "../../src/migrations/mod.ts";
import { migrationOf, rowOf } from "../harness/pool.ts";
import { refusalOf } from "../harness/refusal.ts";
import { poolOf } from "../harness/run.ts";

/** Files by their paths. */
type Files = Readonly<Record<string, string>>;

/** A database that remembers what Atlas writes, run by run. */
class History {
  readonly rows: Revision[] = [];
  #clock = 0;

  /**
   * Applies what has no row: of all layers, with the sums of the merged directory, or of one layer,
   * with its own. At most `amount` files, late ones first.
   */
  run(files: Files, options: { readonly layer?: Layer; readonly amount?: number } = {}): this {
    const { layer, amount } = options;
    const pool = poolOf(files);
    const offered = pool.migrations.filter((migration) =>
      layer === undefined || migration.layer === layer
    );
    const pending = offered.filter(({ version }) =>
      !this.rows.some((row) => row.version === version)
    );
    const sums = computeSums(offered.map(({ file, text }) => ({ name: file, text })));
    for (const migration of pending.slice(0, amount)) {
      const hash = sums.entries.find(({ name }) => name === migration.file)?.hash ?? "";
      this.rows.push(rowOf(migration, { hash, executedAt: this.#now() }));
    }
    return this;
  }

  /** Takes the database over at a version. */
  baseline(files: Files, version: string): this {
    const migration = migrationOf(poolOf(files), version);
    const counts = { type: 1, applied: 0, total: 0 };
    this.rows.push(rowOf(migration, { ...counts, hash: "", executedAt: this.#now() }));
    return this;
  }

  #now(): string {
    return new Date(Date.UTC(2026, 0, 1) + this.#clock++).toISOString().replace("Z", "000Z");
  }
}

interface Versions {
  readonly changed: readonly string[];
  readonly unverifiable: readonly string[];
  readonly missing: readonly string[];
}

function versionsOf({ changed, missing, unverifiable }: Comparison): Versions {
  const versions = (items: readonly { readonly version: string }[]) =>
    items.map(({ version }) => version);
  return {
    changed: versions(changed),
    unverifiable: versions(unverifiable),
    missing: versions(missing),
  };
}

function compare(files: Files, { rows }: History): Versions {
  return versionsOf(compareHistory(poolOf(files), rows));
}

const FINE: Versions = { changed: [], unverifiable: [], missing: [] };

const FILES = {
  "bronze/0001_a.sql": "select 1;\n",
  "silver/0002_b.sql": "select 2;\n",
  "bronze/0003_c.sql": "select 3;\n",
  "gold/0004_d.sql": "select 4;\n",
};

function without(files: Files, ...paths: readonly string[]): Files {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !paths.includes(path)));
}

/** A file of a random history; its layer and text follow from its number. */
function pathOf(number: number): string {
  const layer = LAYERS[(number * 7) % LAYERS.length];
  return `${layer}/${String(number).padStart(4, "0")}_x.sql`;
}

interface Step {
  readonly added: readonly number[];
  readonly layer: Layer | undefined;
  readonly amount: number;
}

const steps = fc.array(
  fc.record<Step>({
    added: fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 6 }),
    layer: fc.constantFrom(undefined, undefined, ...LAYERS),
    amount: fc.integer({ min: 1, max: 8 }),
  }),
  { minLength: 1, maxLength: 6 },
);

/** Plays steps, and calls back after each with the files on offer and the history. */
function play(
  steps: readonly Step[],
  check: (files: Files, history: History) => void = () => {},
): { readonly files: Files; readonly history: History } {
  const history = new History();
  let files: Files = {};
  for (const { added, amount, layer } of steps) {
    const more = added.map((number) => [pathOf(number), `select ${number};\n`]);
    files = { ...files, ...Object.fromEntries(more) };
    check(files, history);
    history.run(files, layer === undefined ? { amount } : { layer, amount });
    check(files, history);
  }
  return { files, history };
}

Deno.test("compareHistory() raises no false alarm, however the history came about", () => {
  fc.assert(
    fc.property(steps, (steps) => {
      play(steps, (files, history) => assert.deepEqual(compare(files, history), FINE));
    }),
    { numRuns: 100 },
  );
});

Deno.test("compareHistory() finds any edited or renamed file, and judges none behind it", () => {
  fc.assert(
    fc.property(steps, fc.nat(), fc.boolean(), (steps, choice, rename) => {
      const { files, history } = play(steps);
      const victim = history.rows[choice % Math.max(1, history.rows.length)];
      fc.pre(victim !== undefined);
      const path = pathOf(Number(victim.version));
      const edited = rename
        ? { ...without(files, path), [path.replace("_x", "_y")]: files[path] ?? "" }
        : { ...files, [path]: "edited" };
      const found = compare(edited, history);
      assert.deepEqual([found.changed, found.missing], [[victim.version], []]);
      assert.ok(found.unverifiable.every((version) => version > victim.version));
    }),
    { numRuns: 100 },
  );
});

Deno.test("compareHistory() finds any removed file but the newest, and blames no other", () => {
  fc.assert(
    fc.property(steps, fc.nat(), (steps, choice) => {
      const { files, history } = play(steps);
      const victim = history.rows[choice % Math.max(1, history.rows.length)];
      fc.pre(victim !== undefined);
      const path = pathOf(Number(victim.version));
      const left = without(files, path);
      const found = compare(left, history);
      // The newest may as well be that of a newer program.
      const isNewest = poolOf(left).migrations.every(({ version }) => version < victim.version);
      assert.deepEqual(found.missing, isNewest ? [] : [victim.version]);
      assert.deepEqual(found.changed, []);
      assert.ok(found.unverifiable.every((version) => version > victim.version));
    }),
    { numRuns: 100 },
  );
});

Deno.test("compareHistory() names the first of several changes, and what is behind it", () => {
  const history = new History().run(FILES);
  const edited = { ...FILES, "silver/0002_b.sql": "x", "gold/0004_d.sql": "y" };
  assert.deepEqual(compare(edited, history), {
    ...FINE,
    changed: ["0002"],
    unverifiable: ["0003", "0004"],
  });
  const swapped = {
    ...FILES,
    "silver/0002_b.sql": FILES["bronze/0003_c.sql"],
    "bronze/0003_c.sql": FILES["silver/0002_b.sql"],
  };
  assert.deepEqual(compare(swapped, history).changed, ["0002"]);
});

Deno.test("compareHistory() goes on judging layers that were migrated apart", () => {
  const history = new History();
  for (const layer of LAYERS) history.run(FILES, { layer });
  const edited = { ...FILES, "bronze/0001_a.sql": "x" };
  assert.deepEqual(compare(edited, history), {
    ...FINE,
    changed: ["0001"],
    unverifiable: ["0003"],
  });
});

Deno.test("compareHistory() misses a renumbered file under its old number", () => {
  const history = new History().run(FILES);
  const renumbered = {
    ...without(FILES, "silver/0002_b.sql"),
    "silver/0005_b.sql": FILES["silver/0002_b.sql"],
  };
  assert.deepEqual(compare(renumbered, history), {
    ...FINE,
    missing: ["0002"],
    unverifiable: ["0003", "0004"],
  });
});

Deno.test("compareHistory() judges files whose hash does not cover the one that is gone", () => {
  const late = { "bronze/0002_b.sql": "select 2;\n" };
  const edited = { "silver/0003_c.sql": "x", "gold/0004_d.sql": "select 4;\n" };
  // 0002 came after 0003, so the hash of 0003 knows nothing of it.
  const history = new History().run({ "silver/0003_c.sql": "select 3;\n" });
  history.run({ ...late, ...edited, "silver/0003_c.sql": "select 3;\n" });
  assert.deepEqual(compare(edited, history), {
    changed: ["0003"],
    unverifiable: ["0004"],
    missing: ["0002"],
  });
  // 0001 came after 0002, and stands before it.
  const before = { "gold/0001_a.sql": "select 1;\n", "gold/0004_d.sql": "select 4;\n" };
  const other = new History().run(late).run({ ...late, ...before });
  assert.deepEqual(compare({ ...before, "gold/0001_a.sql": "x" }, other), {
    changed: ["0001"],
    unverifiable: ["0004"],
    missing: ["0002"],
  });
});

Deno.test("compareHistory() takes files for good that a later run has vouched for", () => {
  const history = new History().run(FILES);
  const edited = { ...FILES, "silver/0002_b.sql": "x" };
  // As after --allow-changed.
  const more = { ...edited, "gold/0005_e.sql": "select 5;\n" };
  history.run(more);
  assert.deepEqual(compare(more, history), FINE);
  // What was taken back is a change again.
  const back = { ...more, "silver/0002_b.sql": FILES["silver/0002_b.sql"] };
  assert.deepEqual(compare(back, history).changed, ["0005"]);
});

Deno.test("compareHistory() lets only a run of the same layer vouch for a layer", () => {
  const history = new History();
  for (const layer of LAYERS) history.run(FILES, { layer });
  const edited = { ...FILES, "bronze/0001_a.sql": "x", "silver/0005_e.sql": "select 5;\n" };
  history.run(edited, { layer: "silver" });
  assert.deepEqual(compare(edited, history).changed, ["0001"]);
  const more = { ...edited, "bronze/0006_f.sql": "select 6;\n" };
  history.run(more, { layer: "bronze" });
  assert.deepEqual(compare(more, history), FINE);
});

Deno.test("compareHistory() asks nothing of files that have no hash", () => {
  const history = new History().baseline(FILES, "0002").run(FILES, { amount: 0 });
  assert.deepEqual(compare({ ...FILES, "silver/0002_b.sql": "x" }, history), FINE);
  assert.deepEqual(compare(without(FILES, "silver/0002_b.sql"), history), FINE);
  assert.deepEqual(compare(without(FILES, "bronze/0001_a.sql"), history), FINE);
});

Deno.test("compareHistory() finds what was edited behind a baseline", () => {
  const history = new History().baseline(FILES, "0002");
  const applied = ["bronze/0003_c.sql", "gold/0004_d.sql"];
  for (const migration of poolOf(FILES).migrations.slice(2)) history.rows.push(rowOf(migration));
  assert.deepEqual(compare(FILES, history), FINE);
  for (const [index, path] of applied.entries()) {
    const found = compare({ ...FILES, [path]: "x" }, history);
    assert.deepEqual(found.changed, [["0003"], ["0004"]][index]);
  }
  // The hash of the next file covers what was taken over.
  assert.deepEqual(compare({ ...FILES, "bronze/0001_a.sql": "x" }, history).changed, ["0003"]);
  // Without the file of the baseline nothing behind it can be judged.
  assert.deepEqual(compare(without(FILES, "silver/0002_b.sql"), history), {
    ...FINE,
    unverifiable: ["0003", "0004"],
  });
});

Deno.test("compareHistory() does not miss what a checkpoint stands for", () => {
  const history = new History().run(FILES);
  const squashed = {
    "gold/0004_d.sql": FILES["gold/0004_d.sql"],
    "bronze/0003_check.sql": "-- atlas:checkpoint\n\nselect 3;\n",
  };
  const early = new History().run(without(FILES, "bronze/0003_c.sql"));
  assert.deepEqual(compare(squashed, early), { ...FINE, unverifiable: ["0004"] });
  const twice = {
    ...squashed,
    "gold/0005_again.sql": "-- atlas:checkpoint\n\n",
    "gold/0006_e.sql": "",
  };
  assert.deepEqual(compare(without(twice, "gold/0004_d.sql"), history).missing, []);
  // Above the checkpoint a file must not be gone.
  const above = { ...squashed, "gold/0005_e.sql": "" };
  history.run({ ...FILES, "gold/0005_e.sql": "" });
  assert.deepEqual(compare(without(above, "gold/0004_d.sql"), history).missing, ["0004"]);
});

const NONE = "-- atlas:txmode none\n\n";
const REPAIRED = {
  "bronze/0001_a.sql": "select 1;\n",
  "silver/0002_b.sql": `${NONE}select 1/0;\n`,
};

Deno.test("compareHistory() lets a file outside a transaction be repaired", () => {
  const history = new History().run(REPAIRED);
  const repaired = { ...REPAIRED, "silver/0002_b.sql": `${NONE}select 1/1;\n` };
  assert.deepEqual(compare(repaired, history), { ...FINE, unverifiable: ["0002"] });
  const more = { ...repaired, "gold/0003_c.sql": "select 3;\n", "gold/0004_d.sql": "select 4;\n" };
  history.run(more);
  assert.deepEqual(compare(more, history), FINE);
  // Rows of one moment are in the order of their versions.
  const [{ executedAt } = assert.fail()] = history.rows;
  for (const [i, row] of history.rows.entries()) history.rows[i] = { ...row, executedAt };
  assert.deepEqual(compare(more, history), FINE);
  // An edit before it is found, one behind it as well.
  assert.deepEqual(compare({ ...more, "bronze/0001_a.sql": "x" }, history).changed, ["0001"]);
  assert.deepEqual(compare({ ...more, "gold/0004_d.sql": "x" }, history).changed, ["0004"]);
});

Deno.test("compareHistory() names both when a file outside a transaction or the next has changed", () => {
  const history = new History().run(REPAIRED);
  const more = { ...REPAIRED, "gold/0003_c.sql": "select 3;\n", "gold/0004_d.sql": "select 4;\n" };
  history.run(more);
  const edited = { ...more, "silver/0002_b.sql": `${NONE}select 2/1;\n` };
  assert.deepEqual(compare(edited, history), {
    ...FINE,
    changed: ["0002", "0003"],
    unverifiable: ["0004"],
  });
});

Deno.test("compareHistory() lets a half-done file be repaired, whatever made it run outside a transaction", () => {
  const history = new History().run(FILES, { amount: 2 });
  const [, second] = history.rows;
  assert.ok(second !== undefined);
  history.rows[1] = { ...second, applied: 1, total: 2 };
  assert.deepEqual(compare({ ...FILES, "silver/0002_b.sql": "x" }, history), FINE);
  // That it is gone is said by the plan: it was begun, and not applied.
  assert.deepEqual(compare(without(FILES, "silver/0002_b.sql"), history), FINE);
});

/** Whether what was never executed may be to blame. */
function orBelow(files: Files, { rows }: History): boolean {
  return compareHistory(poolOf(files), rows).orBelow;
}

Deno.test("compareHistory() says whether a file that was never executed may be the one that changed", () => {
  const edited = { ...FILES, "bronze/0003_c.sql": "x" };
  assert.equal(orBelow(edited, new History().run(FILES)), false);
  const baseline = new History().baseline(FILES, "0002");
  for (const migration of poolOf(FILES).migrations.slice(2)) baseline.rows.push(rowOf(migration));
  assert.equal(orBelow(edited, baseline), true);
  assert.equal(orBelow({ ...FILES, "bronze/0001_a.sql": "x" }, baseline), true);
  // What a matching hash covers is what it was.
  assert.equal(orBelow({ ...FILES, "gold/0004_d.sql": "x" }, baseline), false);
  // A file below a checkpoint, before and after it was pruned.
  const squashed = { ...FILES, "bronze/0003_c.sql": "-- atlas:checkpoint\n\nselect 3;\n" };
  const fresh = new History();
  fresh.rows.push(rowOf(migrationOf(poolOf(squashed), "0003")));
  assert.equal(compare(squashed, fresh).changed.length, 0);
  assert.equal(orBelow({ ...squashed, "bronze/0001_a.sql": "x" }, fresh), true);
  const pruned = without(without(squashed, "bronze/0001_a.sql"), "silver/0002_b.sql");
  assert.equal(orBelow(pruned, fresh), true);
  const refused = refusal(poolOf(pruned), fresh);
  assert.match(refused.message, /"0003_c\.sql", or a file below it that was never executed here,/);
});

Deno.test("refuseChanged() goes on when nothing is known to be wrong", () => {
  refuseChanged({ changed: [], missing: [], orBelow: false, unverifiable: [] });
  const [migration] = poolOf(FILES).migrations;
  assert.ok(migration !== undefined);
  refuseChanged({ changed: [], missing: [], orBelow: false, unverifiable: [migration] });
});

function refusal(pool: Pool, history: History) {
  return refusalOf(() => refuseChanged(compareHistory(pool, history.rows)));
}

Deno.test("refuseChanged() says what has changed, what is gone and what cannot be told", () => {
  const history = new History().run(FILES);
  const edited = refusal(poolOf({ ...FILES, "silver/0002_b.sql": "x" }), history);
  assert.equal(edited.code, "migration_changed");
  assert.match(edited.message, /"0002_b\.sql" has changed since it was applied/);
  assert.deepEqual(edited.data, {
    changed: ["migrations/silver/0002_b.sql"],
    missing: [],
    unverifiable: ["migrations/bronze/0003_c.sql", "migrations/gold/0004_d.sql"],
  });
  assert.deepEqual(edited.details, [
    "migrations/silver/0002_b.sql: not what was applied",
    "cannot be judged behind it: 0003, 0004",
  ]);
  const last = refusal(poolOf({ ...FILES, "gold/0004_d.sql": "x" }), history);
  assert.deepEqual(last.details, ["migrations/gold/0004_d.sql: not what was applied"]);
  const removed = refusal(poolOf(without(FILES, "silver/0002_b.sql")), history);
  assert.match(removed.message, /"0002_b" was applied and is gone from the files/);
  assert.deepEqual(removed.data, {
    changed: [],
    missing: ["0002"],
    unverifiable: ["migrations/bronze/0003_c.sql", "migrations/gold/0004_d.sql"],
  });
  const both = refusal(
    poolOf({ ...without(FILES, "bronze/0003_c.sql"), "bronze/0001_a.sql": "x" }),
    history,
  );
  assert.deepEqual([both.data["changed"], both.data["missing"]], [
    ["migrations/bronze/0001_a.sql"],
    ["0003"],
  ]);
  const outside = new History().run(REPAIRED).run({ ...REPAIRED, "gold/0003_c.sql": "" });
  const either = refusal(
    poolOf({ ...REPAIRED, "silver/0002_b.sql": NONE, "gold/0003_c.sql": "" }),
    outside,
  );
  assert.match(either.message, /"0002_b\.sql" or "0003_c\.sql" has changed/);
});
