import assert from "node:assert/strict";
import { applyEvents } from "../../src/cli/apply_events.ts";
import { ProgressBoard } from "../../src/cli/progress_board.ts";
import { Screen } from "../../src/cli/screen.ts";
import { PATIENCE } from "../../src/postgres/patience.ts";
import type { ApplyReport } from "../../src/report.ts";
import { createDatabase, type TestDatabase } from "../harness/postgres.ts";
import { applyPool, poolOf, type TestEngine, testEngines } from "../harness/run.ts";

const FILES = {
  "bronze/0001_a.sql":
    "create schema bronze;\ncreate table bronze.t as select g, md5(g::text) m from generate_series(1, 400000) g;\n",
  "bronze/0002_b.sql": "-- why\ncreate index i on bronze.t (m);\n",
  "silver/0003_c.sql":
    "-- atlas:txmode none\n\ncreate index concurrently j on bronze.t (m, g);\nselect pg_advisory_lock(4711);\n",
};

/** Keeps the last file waiting until somebody lets it go on. */
async function closeGate(db: TestDatabase): Promise<() => void> {
  await db.sql("select pg_advisory_lock(4711)");
  return () => void db.sql("select pg_advisory_unlock(4711)");
}

interface Shown {
  readonly report: ApplyReport;
  readonly out: string;
  readonly err: string;
}

/** Applies files and keeps what is shown meanwhile, looking and telling much more often. */
async function show(
  db: TestDatabase,
  options: {
    readonly terminal: boolean;
    readonly use: TestEngine;
    readonly files?: Readonly<Record<string, string>>;
    readonly quiet?: true;
    readonly env?: Readonly<Record<string, string>>;
    /** Called when something like this has been shown. */
    readonly until?: readonly [RegExp, () => void];
  },
): Promise<Shown> {
  const { env = {}, files = FILES, quiet, terminal, until, use } = options;
  let open = until === undefined;
  let out = "";
  let err = "";
  const screen = new Screen({
    args: [],
    env,
    signal: new AbortController().signal,
    out: (text) => out += text,
    err: (text) => {
      err += text;
      if (open || !until?.[0].test(text)) return;
      open = true;
      until[1]();
    },
    terminal: { out: terminal, err: terminal, columns: 100 },
  }, { color: false, quiet });
  using board = new ProgressBoard(screen, { beatMs: 50 });
  const lane = board.lane();
  const report = await applyPool(db.database, poolOf(files), {
    use,
    patience: { ...PATIENCE, lookMs: 10 },
    statementLockTimeoutMs: 0,
    events: applyEvents({ engine: { name: use, reason: "test" }, lane, screen }),
  });
  board.clear();
  return { report, out, err };
}

for (const use of testEngines) {
  Deno.test(`${use}: a live line shows the statement and how far PostgreSQL is with it`, async () => {
    await using db = await createDatabase();
    // Whom it waits for is said first, whatever else there is no room for.
    const until = [/0003_c \(silver\).*, waits for pid \d+/, await closeGate(db)] as const;
    const { err, out, report } = await show(db, { terminal: true, use, until });
    assert.equal(report.error, undefined, report.error?.message);
    const drawn = err.split("\r\x1b[2K");
    assert.ok(drawn.some((line) => /^0001_a \(bronze\).*: create table bronze\.t as/.test(line)));
    assert.ok(
      drawn.some((line) => /^0002_b \(bronze\).*: create index i on bronze.t \(m\)/.test(line)),
    );
    assert.ok(drawn.some((line) => /\[building index: [a-z ]+ \d+ %\]$/.test(line)), err);
    assert.ok(
      drawn.some((line) => /^0003_c \(silver\).*: create index/.test(line)),
    );
    assert.doesNotMatch(err, /Still applying|\n/);
    assert.ok(err.endsWith("\r\x1b[2K"), "the line stays");
    assert.equal(out.split("\n").filter((line) => line.startsWith("✔")).length, 3);
  });

  Deno.test(`${use}: a log gets lines when files begin, in between, and at their ends`, async () => {
    await using db = await createDatabase();
    const until = [/Still .*select pg_advisory_lock\(4711\)/, await closeGate(db)] as const;
    const { err, out, report } = await show(db, { terminal: false, use, until });
    assert.equal(report.error, undefined, report.error?.message);
    assert.match(err, /^Applying 0003_c \(silver\)$/m);
    assert.match(
      err,
      /^Still applying 0003_c \(silver\) after \d+ s: select pg_advisory_lock\(4711\), waits for pid/m,
    );
    assert.match(err, /^Still applying 0002_b \(bronze\) after \d+ s: create index.* \[building/m);
    assert.ok(!err.includes("\x1b") && !err.includes("\r"), err);
    assert.match(out, /^✔ silver .*0003_c/m);
  });

  Deno.test(`${use}: a log says who holds the lock that a statement waits for`, async () => {
    await using db = await createDatabase();
    const files = {
      "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n",
    };
    await applyPool(db.database, poolOf(files));
    await db.sql("begin; lock table bronze.a in access exclusive mode");
    const more = { ...files, "bronze/0002_b.sql": "alter table bronze.a add column j int;\n" };
    // Only once it has been said does the other one give way: otherwise this would never end.
    const until = [
      /^Still applying 0002_b .*: alter table bronze\.a add column j int, waits for pid \d+, "postgres\.js" from/m,
      () => void db.sql("commit"),
    ] as const;
    const { report } = await show(db, { terminal: false, use, files: more, until });
    assert.equal(report.error, undefined, report.error?.message);
  });
}

Deno.test("nothing is shown with --quiet, on a terminal and in a log", async () => {
  for (const terminal of [true, false]) {
    await using db = await createDatabase();
    const { err, out, report } = await show(db, { terminal, use: "embedded", quiet: true });
    assert.equal(report.error, undefined, report.error?.message);
    assert.equal(err + out, "");
  }
});

Deno.test("nothing is drawn in the log of a CI, or on a terminal that cannot", async () => {
  for (const env of [{ CI: "true" }, { TERM: "dumb" }]) {
    await using db = await createDatabase();
    const files = { "bronze/0001_a.sql": "create schema bronze;\n" };
    const { err } = await show(db, { terminal: true, use: "embedded", env, files });
    assert.equal(err, "Applying 0001_a (bronze)\n");
  }
});
