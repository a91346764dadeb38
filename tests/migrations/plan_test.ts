import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Plan,
  planApply,
  type PlanOptions,
  type Pool,
  type Revision,
} from "../../src/migrations/mod.ts";
import { migrationOf, poolOfVersions, rowOf } from "../harness/pool.ts";
import { refusalOf } from "../harness/refusal.ts";
import { poolOf } from "../harness/run.ts";

const DEFAULTS: PlanOptions = {
  execOrder: "linear",
  txMode: "file",
  allowDirty: false,
  clean: true,
};
const CHECKPOINT = "-- atlas:checkpoint\n\nselect 1;\n";

function plan(pool: Pool, rows: readonly Revision[], options: Partial<PlanOptions> = {}): Plan {
  return planApply(pool, rows, { ...DEFAULTS, ...options });
}

function pending({ pending }: Plan): readonly string[] {
  return pending.map(({ migration }) => migration.version);
}

/** Rows for versions, whether on offer or not. */
function rows(...versions: readonly string[]): readonly Revision[] {
  return versions.map((version) => rowOf(migrationOf(poolOfVersions(version), version)));
}

function poolWith(files: Readonly<Record<string, string>>): Pool {
  return poolOf(
    Object.fromEntries(Object.entries(files).map(([v, text]) => [`bronze/${v}_x.sql`, text])),
  );
}

// What is on offer, what the database has, and what is pending in each order.
const MATRIX: readonly {
  readonly name: string;
  readonly files: readonly string[];
  readonly has: readonly string[];
  readonly linear: readonly string[] | { readonly late: readonly string[] };
  readonly nonLinear: readonly string[];
  readonly skip: readonly string[];
}[] = [
  {
    name: "an empty database",
    files: ["0001", "0002"],
    has: [],
    linear: ["0001", "0002"],
    nonLinear: ["0001", "0002"],
    skip: ["0001", "0002"],
  },
  { name: "no files", files: [], has: [], linear: [], nonLinear: [], skip: [] },
  { name: "no files any more", files: [], has: ["0001"], linear: [], nonLinear: [], skip: [] },
  {
    name: "nothing new",
    files: ["0001", "0002"],
    has: ["0001", "0002"],
    linear: [],
    nonLinear: [],
    skip: [],
  },
  {
    name: "new files above",
    files: ["0001", "0002", "0003", "0004"],
    has: ["0001", "0002"],
    linear: ["0003", "0004"],
    nonLinear: ["0003", "0004"],
    skip: ["0003", "0004"],
  },
  {
    name: "a file between",
    files: ["0001", "0002", "0003"],
    has: ["0001", "0003"],
    linear: { late: ["0002"] },
    nonLinear: ["0002"],
    skip: [],
  },
  {
    name: "two files between and one above",
    files: ["0001", "0002", "0025", "0026", "0030", "0040"],
    has: ["0001", "0002", "0030"],
    linear: { late: ["0025", "0026"] },
    nonLinear: ["0025", "0026", "0040"],
    skip: ["0040"],
  },
  {
    name: "a file below the first row, where Atlas never looks",
    files: ["0001", "0002", "0003"],
    has: ["0002"],
    linear: { late: ["0001"] },
    nonLinear: ["0001", "0003"],
    skip: ["0003"],
  },
  {
    name: "a database that is newer than all files",
    files: ["0001", "0002"],
    has: ["0001", "0002", "0009"],
    linear: [],
    nonLinear: [],
    skip: [],
  },
  {
    name: "a file below a version that is not on offer",
    files: ["0001", "0002"],
    has: ["0001", "0009"],
    linear: { late: ["0002"] },
    nonLinear: ["0002"],
    skip: [],
  },
];

for (const { name, files, has, linear, nonLinear, skip } of MATRIX) {
  Deno.test(`planApply() decides what is pending: ${name}`, () => {
    const pool = poolOfVersions(...files);
    const history = rows(...has);
    if ("late" in linear) {
      const error = refusalOf(() => plan(pool, history));
      assert.equal(error.code, "out_of_order");
      assert.deepEqual(
        error.data["files"],
        linear.late.map((version) => `migrations/bronze/${version}_x.sql`),
      );
      assert.equal(error.data["newest"], has.at(-1));
      assert.deepEqual(error.details, error.data["files"]);
      const [one] = linear.late;
      assert.match(
        error.message,
        linear.late.length === 1 ? RegExp(`"${one}_x`) : / 2 files: they/,
      );
    } else {
      assert.deepEqual(pending(plan(pool, history)), linear);
    }
    assert.deepEqual(pending(plan(pool, history, { execOrder: "non-linear" })), nonLinear);
    const skipping = plan(pool, history, { execOrder: "linear-skip" });
    assert.deepEqual(pending(skipping), skip);
    assert.deepEqual(
      skipping.skipped.map(({ version }) => version),
      "late" in linear ? linear.late : [],
    );
  });
}

Deno.test("planApply() under linear refuses what is late, or yields exactly what has no row", () => {
  const versions = fc.uniqueArray(fc.integer({ min: 1, max: 9999 }), { maxLength: 12 });
  fc.assert(fc.property(versions, fc.infiniteStream(fc.boolean()), (numbers, coin) => {
    const names = numbers.map((number) => String(number).padStart(4, "0"));
    const pool = poolOfVersions(...names);
    const has = names.filter(() => coin.next().value);
    const missing = names.filter((version) => !has.includes(version)).sort();
    const late = missing.filter((version) => has.some((other) => version < other));
    const history = rows(...has);
    if (late.length > 0) {
      assert.equal(refusalOf(() => plan(pool, history)).code, "out_of_order");
    } else {
      assert.deepEqual(pending(plan(pool, history)), missing);
    }
    assert.deepEqual(pending(plan(pool, history, { execOrder: "non-linear" })), missing);
    const skipping = plan(pool, history, { execOrder: "linear-skip" });
    assert.deepEqual(
      [...skipping.skipped.map(({ version }) => version), ...pending(skipping)],
      missing,
    );
  }));
});

Deno.test("planApply() does not care in which order rows and folders come", () => {
  const pool = poolOf({
    "gold/0001_a.sql": "",
    "silver/0002_b.sql": "",
    "bronze/0003_c.sql": "",
    "bronzehistory/0004_d.sql": "",
  });
  assert.deepEqual(pending(plan(pool, [])), ["0001", "0002", "0003", "0004"]);
  assert.deepEqual(pending(plan(pool, rows("0002", "0001"))), ["0003", "0004"]);
  assert.equal(refusalOf(() => plan(pool, rows("0003", "0001"))).data["newest"], "0003");
});

Deno.test("planApply() names the versions that are not on offer", () => {
  const { unknown } = plan(poolOfVersions("0001"), rows("0001", "0007", "0008"));
  assert.deepEqual(unknown, ["0007", "0008"]);
});

Deno.test("planApply() takes no more files than the amount", () => {
  const pool = poolOfVersions("0001", "0002", "0003");
  assert.deepEqual(pending(plan(pool, [], { amount: 2 })), ["0001", "0002"]);
  assert.deepEqual(pending(plan(pool, [], { amount: 9 })), ["0001", "0002", "0003"]);
  assert.deepEqual(pending(plan(pool, rows("0001"), { amount: 1 })), ["0002"]);
  assert.deepEqual(
    pending(plan(pool, rows("0002"), { amount: 1, execOrder: "non-linear" })),
    ["0001"],
  );
});

Deno.test("planApply() starts in a dirty database only when it is told to", () => {
  const pool = poolOfVersions("0001", "0002");
  const clean = 'found table "t" in schema "public"';
  const error = refusalOf(() => plan(pool, [], { clean }));
  assert.equal(error.code, "database_not_clean");
  assert.equal(error.data["found"], clean);
  assert.deepEqual(pending(plan(pool, [], { clean, allowDirty: true })), ["0001", "0002"]);
  assert.deepEqual(pending(plan(pool, [], { clean, baseline: "0001" })), ["0002"]);
  // With a history the question does not come up.
  assert.deepEqual(pending(plan(pool, rows("0001"), { clean })), ["0002"]);
});

Deno.test("planApply() takes a database over at a baseline", () => {
  const pool = poolOfVersions("0001", "0002", "0003");
  const taken = plan(pool, [], { baseline: "0002" });
  assert.equal(taken.baseline, migrationOf(pool, "0002"));
  assert.deepEqual(pending(taken), ["0003"]);
  const last = plan(pool, [], { baseline: "0003" });
  assert.equal(last.baseline, migrationOf(pool, "0003"));
  assert.deepEqual(pending(last), []);
  const error = refusalOf(() => plan(pool, [], { baseline: "0004" }));
  assert.equal(error.code, "baseline_not_found");
  assert.equal(error.data["version"], "0004");
  // A checkpoint is no baseline, and is not executed after one.
  const squashed = poolWith({ "0001": "", "0002": CHECKPOINT, "0003": "" });
  assert.equal(
    refusalOf(() => plan(squashed, [], { baseline: "0002" })).code,
    "baseline_not_found",
  );
  assert.deepEqual(pending(plan(squashed, [], { baseline: "0001" })), ["0003"]);
});

Deno.test("planApply() refuses to be told two things about a database that is not empty", () => {
  const pool = poolOfVersions("0001", "0002");
  for (const history of [[], rows("0001")]) {
    const error = refusalOf(() => plan(pool, history, { baseline: "0001", allowDirty: true }));
    assert.equal(error.code, "usage");
    assert.match(error.message, /both --baseline and --allow-dirty/);
  }
});

Deno.test("planApply() ignores a baseline where there is a history", () => {
  const taken = plan(poolOfVersions("0001", "0002"), rows("0001"), { baseline: "0002" });
  assert.deepEqual([taken.baseline, pending(taken)], [undefined, ["0002"]]);
});

Deno.test("planApply() takes a baseline row for all files up to it", () => {
  const pool = poolOfVersions("0001", "0002", "0003", "0004");
  const baseline = { type: 1, applied: 0, total: 0, hash: "" };
  const history = [rowOf(migrationOf(pool, "0002"), baseline)];
  assert.deepEqual(pending(plan(pool, history)), ["0003", "0004"]);
  const later = [...history, ...rows("0004")];
  assert.deepEqual(
    refusalOf(() => plan(pool, later)).data["files"],
    ["migrations/bronze/0003_x.sql"],
  );
  // Of several the highest counts, in whichever order they come, also one that is not on offer.
  const two = [history[0], rowOf(migrationOf(pool, "0001"), baseline), ...rows("0003")]
    .filter((row) => row !== undefined);
  assert.deepEqual(pending(plan(pool, two)), ["0004"]);
  assert.deepEqual(pending(plan(pool, two.toReversed())), ["0004"]);
  const gone = { ...rowOf(migrationOf(pool, "0003"), baseline), version: "0003a" };
  assert.deepEqual(pending(plan(pool, [gone])), ["0004"]);
  // A row set by hand stands for its own file alone.
  const set = [rowOf(migrationOf(pool, "0002"), { type: 4, applied: 0, total: 0 })];
  assert.equal(refusalOf(() => plan(pool, set)).code, "out_of_order");
});

Deno.test("planApply() starts an empty database at the last checkpoint", () => {
  const pool = poolWith({
    "0001": "",
    "0002": CHECKPOINT,
    "0003": "",
    "0004": CHECKPOINT,
    "0005": "",
  });
  assert.deepEqual(pending(plan(pool, [])), ["0004", "0005"]);
  // What it covers is neither late nor unknown to the next run.
  const applied = ["0004", "0005"].map((version) => rowOf(migrationOf(pool, version)));
  assert.deepEqual(pending(plan(pool, applied)), []);
  assert.deepEqual(pending(plan(pool, applied, { execOrder: "non-linear" })), []);
  assert.deepEqual(plan(pool, applied, { execOrder: "linear-skip" }).skipped, []);
});

Deno.test("planApply() leaves checkpoints out where there is a history", () => {
  const pool = poolWith({ "0001": "", "0002": CHECKPOINT, "0003": "", "0004": CHECKPOINT });
  assert.deepEqual(pending(plan(pool, rows("0001"))), ["0003"]);
  assert.deepEqual(pending(plan(pool, rows("0001", "0003"))), []);
  // An earlier checkpoint that was applied covers what is below it, and nothing above.
  assert.deepEqual(pending(plan(pool, rows("0002"))), ["0003"]);
  const late = poolWith({ "0001": "", "0002": CHECKPOINT, "0003": "", "0005": "" });
  assert.deepEqual(
    refusalOf(() => plan(late, rows("0002", "0005"))).data["files"],
    ["migrations/bronze/0003_x.sql"],
  );
});

Deno.test("planApply() goes on with a half-done file", () => {
  const pool = poolOfVersions("0001", "0002", "0003");
  const half = rowOf(migrationOf(pool, "0002"), { applied: 2, total: 5 });
  const resumed = plan(pool, [...rows("0001"), half]);
  assert.deepEqual(pending(resumed), ["0002", "0003"]);
  const [first, second] = resumed.pending;
  assert.deepEqual([first?.resumeFrom, first?.previous], [2, half]);
  assert.deepEqual([second?.resumeFrom, second?.previous], [0, undefined]);
  // One that failed in its first statement is half done as well; one of no statements is not.
  const begun = { ...half, applied: 0 };
  assert.deepEqual(pending(plan(pool, [...rows("0001"), begun])), ["0002", "0003"]);
  const empty = { ...half, applied: 0, total: 0 };
  assert.deepEqual(pending(plan(pool, [...rows("0001"), empty])), ["0003"]);
});

Deno.test("planApply() goes on with a half-done file after those that are late", () => {
  const pool = poolOfVersions("0001", "0002", "0003", "0004");
  const history = [
    ...rows("0001"),
    rowOf(migrationOf(pool, "0003"), { applied: 1, total: 2 }),
  ];
  assert.equal(refusalOf(() => plan(pool, history)).code, "out_of_order");
  assert.deepEqual(
    pending(plan(pool, history, { execOrder: "non-linear" })),
    ["0002", "0003", "0004"],
  );
  assert.deepEqual(
    pending(plan(pool, history, { execOrder: "linear-skip" })),
    ["0003", "0004"],
  );
});

Deno.test("planApply() goes on with a half-done checkpoint", () => {
  const pool = poolWith({ "0001": "", "0002": CHECKPOINT, "0003": "" });
  const half = rowOf(migrationOf(pool, "0002"), { applied: 1, total: 2 });
  assert.deepEqual(pending(plan(pool, [half])), ["0002", "0003"]);
});

Deno.test("planApply() refuses a half-done file that is not on offer", () => {
  const pool = poolOfVersions("0001", "0003");
  const [gone] = rows("0002");
  assert.ok(gone !== undefined);
  const error = refusalOf(() =>
    plan(pool, [...rows("0001"), { ...gone, applied: 1, total: 2 }], { execOrder: "non-linear" })
  );
  assert.equal(error.code, "missing_migration");
  assert.equal(error.data["version"], "0002");
  assert.match(error.message, /"0002_x"/);
});

Deno.test("planApply() refuses a half-done file that others were applied after", () => {
  const pool = poolOfVersions("0001", "0002", "0003");
  const half = rowOf(migrationOf(pool, "0002"), { applied: 1, total: 2, error: "no such table" });
  for (const execOrder of ["linear", "linear-skip", "non-linear"] as const) {
    const error = refusalOf(() =>
      plan(pool, [...rows("0001"), half, ...rows("0003")], { execOrder })
    );
    assert.equal(error.code, "partial_in_middle");
    assert.deepEqual(error.data, { version: "0002", applied: 1, total: 2 });
    assert.deepEqual(error.details, ["it failed with: no such table"]);
  }
  const silent = [...rows("0001"), { ...half, error: "" }, ...rows("0003")];
  assert.deepEqual(refusalOf(() => plan(pool, silent)).details, []);
});

Deno.test("planApply() finds the mode of each file, and refuses a wrong one only when it is due", () => {
  const pool = poolWith({
    "0001": "-- atlas:txmode al\n\nselect 1;\n",
    "0002": "-- atlas:txmode none\n\nselect 1;\n",
    "0003": "select 1;\n",
  });
  assert.equal(refusalOf(() => plan(pool, [])).code, "txmode_invalid");
  const behind = plan(poolWith({ "0000": "select 1;\n", "0001": "-- atlas:txmode al\n\n" }), []);
  assert.deepEqual(pending(behind), ["0000", "0001"]);
  assert.deepEqual(behind.pending.map(({ fault }) => fault?.code), [undefined, "txmode_invalid"]);
  // A baseline is recorded first.
  const after = plan(poolWith({ "0000": "", "0001": "-- atlas:txmode al\n\n" }), [], {
    baseline: "0000",
  });
  assert.deepEqual(after.pending.map(({ fault }) => fault?.code), ["txmode_invalid"]);
  const later = plan(pool, rows("0001"));
  assert.deepEqual(later.pending.map(({ txMode }) => txMode), ["none", "file"]);
  assert.equal(refusalOf(() => plan(pool, rows("0001"), { txMode: "all" })).code, "txmode_invalid");
  assert.equal(plan(pool, rows("0002", "0001"), { txMode: "all" }).pending[0]?.txMode, "all");
  assert.deepEqual(pending(plan(pool, [], { baseline: "0001", amount: 1 })), ["0002"]);
});
