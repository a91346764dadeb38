import assert from "node:assert/strict";
import { join } from "node:path";
import { planText } from "../../src/cli/plan.ts";
import type { ApplyRequest } from "../../src/commands/apply.ts";
import { loadPool } from "../../src/commands/pool.ts";
import { plainPool, type Pool } from "../../src/migrations/mod.ts";
import type { ApplyReport } from "../../src/report.ts";
import { folderOf } from "../harness/atlas.ts";
import { IMPATIENT } from "../harness/faults.ts";
import { revisionsOf } from "../harness/history.ts";
import { createDatabase, server, type TestDatabase } from "../harness/postgres.ts";
import { startProxy } from "../harness/proxy.ts";
import { applyPool, planPool, silent, sumsOf } from "../harness/run.ts";

/** So many rows that their file fits neither into what is sent ahead nor into the window through which it is read. */
const ROWS = 3_000;

const TABLE = "create table lines (n int primary key, line text);\n";
const row = (n: number) => `insert into lines values (${n}, '${"строка ".repeat(60)}');\n`;
const rows = (count = ROWS, from = 1) =>
  Array.from({ length: count }, (_, i) => row(from + i)).join("");

/** A folder with one large file, as `--migrations` reads it. */
async function folderWith(
  text: string,
): Promise<AsyncDisposable & { readonly path: string; pool(): Promise<Pool> }> {
  const name = "1_large.sql";
  const folder = await folderOf({ [name]: text, "atlas.sum": sumsOf([{ name, text }]) });
  return Object.assign(folder, { pool: () => loadPool(folder.path) });
}

async function applyText(
  db: TestDatabase,
  text: string,
  changes: Partial<ApplyRequest> = {},
): Promise<ApplyReport> {
  await using folder = await folderWith(text);
  return await applyPool(db.database, await folder.pool(), changes);
}

async function lines(db: TestDatabase): Promise<number> {
  const [{ count } = {}] = await db.sql("select count(*)::int from lines");
  return Number(count);
}

async function isThere(db: TestDatabase): Promise<boolean> {
  return (await db.sql("select from pg_class where relname = 'lines'")).length > 0;
}

const WAYS = [true, false] as const;

Deno.test("apply() never holds a large file, and reads it as the server takes it", async () => {
  await using db = await createDatabase();
  const text = (n: number) => `insert into lines values (${n}, '${"я".repeat(2_000)}');\n`;
  const count = 10_000;
  let answered = 0;
  let passes = 0;
  let furthest = 0;
  const pieces = function* () {
    const pass = ++passes;
    yield TABLE;
    for (let n = 1; n <= count; n++) {
      const piece = text(n);
      // The first time nothing is executed: the file is looked at.
      if (pass > 1) furthest = Math.max(furthest, n - answered);
      yield piece;
    }
  };
  const encoder = new TextEncoder();
  const file = {
    name: "1_large.sql",
    get text(): string {
      throw new Error("somebody wants all of it at once");
    },
    texts: pieces,
    *pieces() {
      passes = -1;
      for (const piece of pieces()) yield encoder.encode(piece);
      passes = 0;
    },
    sumIgnored: false,
    directives: { txMode: [], checkpoint: false },
  };
  await using proxy = await startProxy(server(), ({ connection, direction, type }) => {
    if (connection === 1 && direction === "answered" && type === "Z") answered++;
    return "pass";
  });
  const report = await applyPool(
    { ...db.database, host: proxy.host, port: proxy.port },
    plainPool({ path: "m", files: [file], sum: sumsOf([file]) }),
  );
  assert.equal(report.error, undefined);
  assert.equal(report.applied[0]?.statements, count + 1);
  assert.equal(await lines(db), count);
  assert.equal(passes, 2);
  // Five hundred may be unanswered, and what is read ahead of them is a window's.
  assert.ok(furthest < 1_000, `${furthest} were read ahead`);
});

for (const pipeline of WAYS) {
  const how = pipeline ? "sent ahead" : "with --no-pipeline";

  Deno.test(`apply() tells where the last statement of a large file fails, ${how}`, async () => {
    await using db = await createDatabase();
    const report = await applyText(
      db,
      `${TABLE}${rows()}\n  insert into lines\n  values (0, 'ё', nope);\n`,
      { pipeline },
    );
    assert.equal(report.error?.code, "migration_failed");
    assert.deepEqual(report.error?.details.slice(1, 3), [
      `${ROWS + 4} |   values (0, 'ё', nope);`,
      `${" ".repeat(String(ROWS + 4).length)} |                   ^`,
    ]);
    assert.equal(report.error?.data["statement"], ROWS + 2);
    assert.equal(report.error?.data["line"], ROWS + 4);
    assert.equal(report.error?.data["column"], 19);
    assert.deepEqual(await revisionsOf(db), []);
  });

  Deno.test(`apply() tries a large file again when its locks are held, ${how}`, async () => {
    await using db = await createDatabase();
    await db.sql("create table held (i int)");
    await db.sql("begin; lock table held");
    let retries = 0;
    const report = await applyText(db, `${TABLE}${rows()}alter table held add column j int;\n`, {
      pipeline,
      allowDirty: true,
      statementLockTimeoutMs: 50,
      patience: { ...IMPATIENT, silenceMs: 5_000 },
      events: { ...silent, onRetry: () => void (++retries === 2 && db.sql("commit")) },
    });
    assert.equal(report.error, undefined);
    assert.ok(retries >= 2);
    assert.equal(await lines(db), ROWS);
  });

  Deno.test(`apply() stops in the midst of a large file, and leaves nothing of it, ${how}`, async () => {
    await using db = await createDatabase();
    await using folder = await folderWith(
      `${TABLE}${rows(ROWS / 2)}select pg_sleep(60);\n${rows(ROWS / 2, ROWS / 2 + 1)}`,
    );
    const stop = new AbortController();
    const run = applyPool(db.database, await folder.pool(), { pipeline, signal: stop.signal });
    const asleep = `select from pg_stat_activity
      where query like '%pg_sleep(60)%' and state = 'active' and pid <> pg_backend_pid()
        and datname = current_database()`;
    while ((await db.sql(asleep)).length === 0);
    stop.abort();
    const report = await run;
    assert.equal(report.error?.code, "interrupted");
    assert.deepEqual(await revisionsOf(db), []);
    assert.equal(await isThere(db), false);
  });

  Deno.test(`apply() refuses a large file that changes while it is executed, ${how}`, async () => {
    await using db = await createDatabase();
    const text = `${TABLE}${rows()}`;
    await using folder = await folderWith(text);
    const report = await applyPool(db.database, await folder.pool(), {
      pipeline,
      events: {
        ...silent,
        onStart: () => {
          Deno.writeTextFileSync(
            join(folder.path, "1_large.sql"),
            text.replaceAll("строка", "другая"),
          );
          Deno.utimeSync(join(folder.path, "1_large.sql"), new Date(0), new Date(0));
        },
      },
    });
    assert.equal(report.error?.code, "sum_mismatch");
    assert.deepEqual(await revisionsOf(db), []);
    assert.equal(await isThere(db), false);
  });
}

Deno.test("apply() goes on with a large file outside a transaction where it stopped", async () => {
  await using db = await createDatabase();
  // Each statement has a row of its own, which holds the hashes of all before it: few, and long.
  const long = (n: number) => `insert into lines values (${n}, '${"ж".repeat(5_000)}');\n`;
  const text = (broken: string) =>
    `-- atlas:txmode none\n\n${TABLE}${Array.from({ length: 100 }, (_, i) => long(i)).join("")}` +
    `${broken}\n${Array.from({ length: 20 }, (_, i) => long(100 + i)).join("")}`;
  const failed = await applyText(db, text("select 1/0;"));
  assert.equal(failed.error?.code, "migration_failed");
  assert.equal(failed.error?.data["line"], 104);
  const [half] = await revisionsOf(db);
  assert.deepEqual([half?.["applied"], half?.["total"]], [101, 122]);
  const changed = await applyText(db, text("select 1/1;").replace("(7, 'жж", "(7, 'щщ"));
  assert.equal(changed.error?.code, "history_changed");
  assert.equal(changed.error?.data["statement"], 9);
  const repaired = await applyText(db, text("select 1/1;"));
  assert.equal(repaired.error, undefined);
  assert.deepEqual(
    repaired.applied.map(({ skipped, statements }) => [skipped, statements]),
    [[101, 21]],
  );
  assert.equal(await lines(db), 120);
});

Deno.test("plan() tells the line of each statement of a large file", async () => {
  await using db = await createDatabase();
  await using folder = await folderWith(`${TABLE}${rows()}\n\n\nalter table lines add j int;\n`);
  const report = await planPool(db.database, await folder.pool());
  const [file] = report.files;
  assert.deepEqual(file?.statements.map(({ line }) => line), [
    ...Array.from({ length: ROWS + 1 }, (_, i) => i + 1),
    ROWS + 5,
  ]);
  const [, insert] = file?.statements ?? [];
  assert.ok(file !== undefined && insert !== undefined);
  const longer = { ...file, statements: Array.from({ length: 200_000 }, () => insert) };
  assert.ok(planText({ ...report, files: [longer] }, true).split("\n").length > 200_000);
});
