import assert from "node:assert/strict";
import fc from "fast-check";
import { LOCKS, Session } from "../../src/postgres/mod.ts";
import { guard, holdTwice, markDone, requireDone, standBehind } from "../../src/postgres/guard.ts";
import { ServerError } from "../../src/postgres/server_error.ts";
import type { ApplyReport } from "../../src/report.ts";
import { IMPATIENT } from "../harness/faults.ts";
import { revisionsOf } from "../harness/history.ts";
import {
  administer,
  createDatabase,
  openSession,
  server,
  type TestDatabase,
} from "../harness/postgres.ts";
import { startProxy } from "../harness/proxy.ts";
import { applyPool, poolOf, silent } from "../harness/run.ts";

/** Files that each leave a mark; some are made otherwise. */
function marks(count: number, special: Readonly<Record<number, string>> = {}) {
  return poolOf(Object.fromEntries([
    [
      "bronze/0000_mark.sql",
      "create table public.mark (n int primary key deferrable initially deferred);\n",
    ],
    ...Array.from({ length: count }, (_, i) => [
      `${i % 2 === 0 ? "bronze" : "gold"}/${String(i + 1).padStart(4, "0")}_m.sql`,
      special[i + 1] ?? mark(i + 1),
    ]),
  ]));
}

const mark = (n: number) => `insert into public.mark values (${n});\nselect 1;\n`;

async function marked(db: TestDatabase): Promise<readonly number[]> {
  return (await db.sql("select n from public.mark order by n")).map(({ n }) => Number(n));
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

/** Applies through a proxy that counts how many questions are on their way at most. */
async function unanswered(pipeline: boolean): Promise<number> {
  await using db = await createDatabase();
  let ahead = 0;
  let most = 0;
  await using proxy = await startProxy(server(), ({ connection, direction, type }) => {
    if (connection !== 1) return "pass";
    if (direction === "asked" && type === "Q") most = Math.max(most, ++ahead);
    if (direction === "answered" && type === "Z" && ahead > 0) ahead--;
    return "pass";
  });
  const report = await applyPool(
    { ...db.database, host: proxy.host, port: proxy.port },
    marks(100),
    {
      pipeline,
    },
  );
  assert.equal(report.error, undefined);
  assert.deepEqual(await marked(db), upTo(100));
  return most;
}

Deno.test("apply() sends files ahead of the answers, and not with --no-pipeline", async () => {
  assert.ok(await unanswered(true) > 64);
  // The locks and what is read under them are asked for together, before the first file.
  assert.equal(await unanswered(false), 3);
});

const BREAKS: Readonly<Record<string, string>> = {
  "a statement": `${mark(50)}select 1/0;\n`,
  "a statement, with others behind it": `${
    mark(50)
  }select 1/0;\ninsert into public.mark values (500);\n`,
  "a commit, by a deferred constraint": "insert into public.mark values (50), (50);\n",
  "what is split by nobody": `${mark(50)}select 'open;\n`,
  "a transaction that is read-only": "set local transaction read only;\nselect 1;\n",
};

for (const [what, text] of Object.entries(BREAKS)) {
  Deno.test(`apply() executes nothing behind a file broken in ${what}`, async () => {
    for (const pipeline of [true, false]) {
      await using db = await createDatabase();
      const report = await applyPool(db.database, marks(120, { 50: text }), { pipeline });
      assert.ok(report.error, what);
      assert.equal(report.failed?.version, "0050");
      assert.equal(report.applied.length, 50);
      assert.deepEqual(await marked(db), upTo(49));
      assert.equal((await revisionsOf(db)).length, 50);
      const repaired = await applyPool(db.database, marks(120), { pipeline });
      assert.equal(repaired.error, undefined);
      assert.deepEqual(await marked(db), upTo(120));
    }
  });
}

Deno.test("apply() says the same of a broken file whether it was sent ahead or not", async () => {
  const said: unknown[] = [];
  for (const pipeline of [true, false]) {
    await using db = await createDatabase();
    const { error } = await applyPool(
      db.database,
      marks(9, { 5: `${mark(5)}\nselect nothing;\n` }),
      {
        pipeline,
      },
    );
    said.push({ code: error?.code, text: error?.message, hint: error?.hint, at: error?.details });
  }
  assert.deepEqual(said[0], said[1]);
});

Deno.test("apply() tells of files sent ahead as they are in, in order", async () => {
  await using db = await createDatabase();
  const told: string[] = [];
  await applyPool(db.database, marks(70), {
    events: {
      ...silent,
      onStart: ({ version }) => told.push(`> ${version}`),
      onApplied: ({ migration }) => told.push(`< ${migration.version}`),
    },
  });
  const versions = ["0000", ...upTo(70).map((n) => String(n).padStart(4, "0"))];
  assert.deepEqual(told, versions.flatMap((version) => [`> ${version}`, `< ${version}`]));
});

Deno.test("apply() tells what the server says of a file while it is at that file", async () => {
  for (const level of ["notice", "warning"]) {
    await using db = await createDatabase();
    await db.sql(`alter database ${db.name} set client_min_messages = ${level}`);
    const told: string[] = [];
    const odd = (n: number) => `create table if not exists t${n} ();\n`.repeat(2);
    const pool = poolOf(
      Object.fromEntries(
        upTo(30).map((n) => [
          `bronze/${String(n).padStart(4, "0")}_m.sql`,
          // Such a file is executed by itself.
          n === 20 ? `${odd(n)}do $$ begin end $$;\n` : odd(n),
        ]),
      ),
    );
    await applyPool(db.database, pool, {
      events: {
        ...silent,
        onStart: ({ version }) => told.push(`> ${Number(version)}`),
        onNotice: ({ message }) => told.push(message),
        onApplied: ({ migration }) => told.push(`< ${Number(migration.version)}`),
      },
    });
    const wanted = (n: number) => [
      `> ${n}`,
      ...(level === "notice" ? [`relation "t${n}" already exists, skipping`] : []),
      `< ${n}`,
    ];
    assert.deepEqual(told, upTo(30).flatMap(wanted));
  }
});

/** A file that takes a lock and then counts on; somebody else counts while it waits for the lock. */
async function countBeside(isolation: string): Promise<unknown> {
  await using db = await createDatabase();
  await db.sql(`create table c (n int); insert into c values (0);
    alter database ${db.name} set default_transaction_isolation = '${isolation}'`);
  await db.sql("begin; lock table c in exclusive mode; update c set n = n + 1");
  const pool = poolOf({
    "bronze/0001_a.sql": "lock table public.c in exclusive mode;\nupdate public.c set n = n + 1;\n",
  });
  const running = applyPool(db.database, pool, { allowDirty: true });
  const waiting =
    `select 1 from pg_stat_activity where datname = '${db.name}' and wait_event_type = 'Lock'`;
  while ((await administer(waiting)).length === 0);
  await db.sql("commit");
  const { error } = await running;
  return error?.message ?? (await db.sql("select n from c"))[0]?.["n"];
}

Deno.test("apply() sees behind a lock what was committed before it was had, in any isolation", async () => {
  assert.equal(await countBeside("read committed"), 2);
  assert.equal(await countBeside("repeatable read"), 2);
  assert.equal(await countBeside("serializable"), 2);
});

Deno.test("apply() tries a file sent ahead again when somebody else holds its lock", async () => {
  await using db = await createDatabase();
  const first = marks(20);
  await applyPool(db.database, { ...first, migrations: first.migrations.slice(0, 5) });
  const retries: string[] = [];
  const hold = db.sql("begin; lock table public.mark; select pg_sleep(0.6); commit");
  await new Promise((resolve) => setTimeout(resolve, 150));
  const report = await applyPool(db.database, marks(20), {
    statementLockTimeoutMs: 100,
    patience: { ...IMPATIENT, tries: 30 },
    events: {
      ...silent,
      onRetry: ({ file, attempt }) => retries.push(`${file.migration.version} ${attempt}`),
    },
  });
  await hold;
  assert.equal(report.error, undefined, report.error?.message);
  assert.deepEqual(retries.slice(0, 1), ["0005 2"]);
  assert.deepEqual(await marked(db), upTo(20));
});

Deno.test("apply() stops in the middle of files sent ahead, and the next run finishes", async () => {
  await using db = await createDatabase();
  const stop = new AbortController();
  const special = { 10: `${mark(10)}select pg_sleep(600);\n` };
  const running = applyPool(db.database, marks(40, special), { signal: stop.signal });
  const asleep =
    "select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
  while ((await db.sql(asleep)).length === 0);
  stop.abort();
  const report: ApplyReport = await running;
  assert.equal(report.error?.code, "interrupted");
  assert.equal(report.failed?.version, "0010");
  assert.deepEqual(await marked(db), upTo(9));
  assert.equal((await applyPool(db.database, marks(40))).error, undefined);
  assert.deepEqual(await marked(db), upTo(40));
});

Deno.test("apply() stops when most of what was sent ahead is quick", async () => {
  for (let after = 1; after < 40; after += 6) {
    await using db = await createDatabase();
    const stop = new AbortController();
    let count = 0;
    const report = await applyPool(db.database, marks(300), {
      signal: stop.signal,
      events: { ...silent, onApplied: () => void (++count === after && stop.abort()) },
    });
    const done = report.applied.length;
    assert.ok(report.error === undefined || report.error.code === "interrupted");
    assert.deepEqual(await marked(db), upTo(Math.max(0, done - 1)));
    assert.equal((await revisionsOf(db)).length, done);
    assert.equal((await applyPool(db.database, marks(300))).error, undefined);
  }
});

Deno.test("apply() leaves whole files only, whatever request to cancel meets it", async () => {
  await using db = await createDatabase();
  await db.sql("create schema trap; create table trap.mark (n int)");
  // Where the settings of a file outlive it, the next one falls into the trap.
  const pool = marks(
    300,
    Object.fromEntries(
      upTo(300).map((n) => [n, `insert into mark values (${n});\nset search_path = trap;\n`]),
    ),
  );
  const codes = new Set<string>();
  for (let left = 300, round = 0; left > 0; round++) {
    assert.ok(round < 400, "cancelled for ever");
    let over = false;
    const enemy = (async () => {
      while (!over) {
        await db.sql(
          `select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'hotpot-test'
            and datname = current_database() and query ~ '${
            round % 2 === 0 ? "^begin|^commit|^do" : "."
          }'`,
        );
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
      }
    })();
    try {
      const report = await applyPool(db.database, pool, { allowDirty: true });
      codes.add(report.error?.code ?? "none");
    } catch (error) {
      codes.add((error as { code?: string }).code ?? String(error));
    }
    over = true;
    await enemy;
    const [there] = await db.sql("select to_regclass('public.mark') is not null as mark");
    if (there?.["mark"] !== true) continue;
    const rows = (await revisionsOf(db)).map(({ version }) => Number(version)).filter((n) => n > 0);
    assert.deepEqual(await marked(db), rows);
    assert.deepEqual(rows, upTo(rows.length));
    left = 300 - rows.length;
  }
  assert.equal((await db.sql("select * from trap.mark")).length, 0);
  assert.ok(!codes.has("internal"), [...codes].join());
});

Deno.test("guard() fails with HP001 for another backend, a lost lock, and another file", async () => {
  await using db = await createDatabase();
  await using session = await Session.open(db.database, {
    signal: new AbortController().signal,
    redact: (text) => text,
  });
  await session.query("select pg_advisory_lock(7), pg_advisory_lock(8)");
  assert.deepEqual(await session.query(holdTwice([7, 8])), [{ twice: true }]);
  assert.deepEqual(await session.query(holdTwice([7, 9])), [{ twice: false }]);
  const good = { pid: session.facts.pid, locks: [7, 8], after: "0001", before: "0002" };
  await session.run(standBehind("0002"));
  await assert.rejects(session.run(guard(good)), /not at the end of the file before/);
  await session.run(standBehind("0001"));
  await session.run(guard(good));
  for (const bad of [{ pid: good.pid + 1 }, { locks: [7, 9] }, { after: undefined }]) {
    await assert.rejects(
      session.run(guard({ ...good, ...bad })),
      (error) => error instanceof ServerError && error.sqlstate === "HP001",
    );
  }
  await session.run(standBehind(undefined));
  await session.run(guard({ ...good, locks: [], after: undefined }));
  // Passed any number of times, it has let go of nothing: two are left of each.
  const unlock = async () =>
    Object.values(
      (await session.query(
        "select pg_advisory_unlock(7) as a, pg_advisory_unlock(8) as b",
      ))[0] ?? {},
    );
  for (const expected of [[true, true], [true, true], [false, false]]) {
    assert.deepEqual(await unlock(), expected);
  }
});

Deno.test("a session stands behind a file only once the transaction that said so is committed", async () => {
  await using db = await createDatabase();
  await using session = await openSession(db.database);
  const settle = `${requireDone("0001")}; reset all; ${standBehind("0001")}`;
  const after = async () =>
    (await session.query("select current_setting('hotpot_migrate.after', true) as after"))[0];
  const ends: readonly (readonly [string, readonly string[]])[] = [
    ["nothing was said", ["begin", "commit"]],
    ["rolled back", ["begin", markDone("0001"), "rollback"]],
    ["said by another file", ["begin", markDone("0002"), "commit"]],
    ["failed at the commit", [
      "begin",
      "create table a (i int unique deferrable initially deferred)",
      "insert into a values (1), (1)",
      markDone("0001"),
      "commit",
    ]],
  ];
  await session.run(standBehind("0000"));
  for (const [what, statements] of ends) {
    for (const statement of statements) await session.run(statement).catch(() => {});
    await assert.rejects(session.run(settle), /not at the end of the file before/, what);
    assert.deepEqual(await after(), { after: "0000" }, what);
  }
  // What a migration has set cannot make it true, nor false.
  await session.run(`create schema trap; create function trap.never(text, text) returns boolean
    language sql as 'select false'; create operator trap.= (leftarg = text, rightarg = text, function = trap.never)`);
  for (
    const statement of ["begin", "set search_path = trap, pg_catalog", markDone("0001"), "commit"]
  ) {
    await session.run(statement);
  }
  await session.run(settle);
  assert.deepEqual(await after(), { after: "0001" });
  // And it holds for once.
  await assert.rejects(session.run(settle), /not at the end of the file before/);
});

/** A file too large to be sent ahead of another, in which one statement is another. */
function large(changes: Readonly<Record<number, string>> = {}): string {
  return Array.from(
    { length: 3_000 },
    (_, i) => changes[i] ?? `insert into public.mark values (${i}); -- ${"щ".repeat(400)}\n`,
  ).join("");
}

Deno.test("apply() sends a large file a window at a time, and says the same of what breaks in it", async () => {
  for (
    const change of [{}, { 2_000: "select 1/0;\n" }, { 2_999: "insert into mark values (1);\n" }]
  ) {
    const said: unknown[] = [];
    for (const pipeline of [true, false]) {
      await using db = await createDatabase();
      let ahead = 0;
      let most = 0;
      await using proxy = await startProxy(server(), ({ direction, type }) => {
        if (direction === "asked" && type === "Q") most = Math.max(most, ++ahead);
        if (direction === "answered" && type === "Z" && ahead > 0) ahead--;
        return "pass";
      });
      const { host, port } = proxy;
      const { error } = await applyPool(
        { ...db.database, host, port },
        marks(2, { 1: large(change) }),
        {
          pipeline,
        },
      );
      said.push([error?.code, error?.message, error?.details, await marked(db)]);
      assert.ok(pipeline ? most > 100 && most <= 500 : most === 3, `${most} unanswered`);
    }
    assert.deepEqual(said[0], said[1]);
  }
});

Deno.test("apply() stops in a large file, leaves nothing of it, and tries it again when it is locked out", async () => {
  await using db = await createDatabase();
  const stop = new AbortController();
  const running = applyPool(
    db.database,
    marks(1, { 1: large({ 900: "select pg_sleep(600);\n" }) }),
    {
      signal: stop.signal,
    },
  );
  const asleep =
    "select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
  while ((await db.sql(asleep)).length === 0);
  stop.abort();
  const report = await running;
  assert.equal(report.error?.code, "interrupted");
  assert.equal(report.failed?.version, "0001");
  assert.deepEqual(await marked(db), []);
  const hold = db.sql("begin; lock table public.mark; select pg_sleep(0.6); commit");
  await new Promise((resolve) => setTimeout(resolve, 150));
  let retries = 0;
  const again = await applyPool(db.database, marks(1, { 1: large() }), {
    statementLockTimeoutMs: 100,
    patience: { ...IMPATIENT, tries: 30 },
    events: { ...silent, onRetry: () => retries++ },
  });
  await hold;
  assert.equal(again.error, undefined, again.error?.message);
  assert.ok(retries > 0);
  assert.equal((await marked(db)).length, 3_000);
});

Deno.test("apply() has nothing in flight inside a file without a transaction", async () => {
  await using db = await createDatabase();
  let ahead = 0;
  let most = 0;
  let begun = false;
  await using proxy = await startProxy(server(), ({ direction, type }) => {
    if (direction === "asked" && type === "Q") ahead++;
    if (direction === "answered" && type === "Z" && ahead > 0) ahead--;
    if (begun) most = Math.max(most, ahead);
    return "pass";
  });
  const { host, port } = proxy;
  const none = (n: number) => `-- atlas:txmode none\n\n${mark(n)}`;
  const report = await applyPool(
    { ...db.database, host, port },
    marks(9, Object.fromEntries(upTo(9).map((n) => [n, none(n)]))),
    { events: { ...silent, onApplied: () => begun = true } },
  );
  assert.equal(report.error, undefined);
  assert.equal(most, 1);
});

/** Ways in which a file can give back the locks of the run. */
const LOSSES: Readonly<Record<string, string>> = {
  "itself": "select pg_advisory_unlock_all();\n",
  "by a block": "do $$ begin execute 'select pg_advisory_' || 'unlock_all()'; end $$;\n",
  "by a function": "select public.careless();\n",
  "by a trigger": "insert into public.careless_table values (1);\n",
  "by their keys": `select pg_advisory_unlock(key), pg_advisory_unlock(key)
    from (values (${LOCKS.own}), (${LOCKS.atlas})) keys (key);\n`,
  "outside a transaction, with all else": "-- atlas:txmode none\n\ndiscard all;\n",
};

for (const [how, text] of Object.entries(LOSSES)) {
  Deno.test(`apply() executes nothing behind a file that gives back the locks ${how}`, async () => {
    for (const at of [1, 5, 9]) {
      for (const pipeline of [true, false]) {
        await using db = await createDatabase();
        await db.sql(`
          create function public.careless() returns int language plpgsql as
            $$ begin perform pg_advisory_unlock_all(); return 1; end $$;
          create function public.careless_row() returns trigger language plpgsql as
            $$ begin perform public.careless(); return new; end $$;
          create table public.careless_table (i int);
          create trigger careless before insert on public.careless_table
            for each row execute function public.careless_row()`);
        const { applied, error } = await applyPool(db.database, marks(9, { [at]: text }), {
          pipeline,
          allowDirty: true,
        });
        assert.equal(error?.code, "lock_lost", `${at} ${pipeline}: ${error?.message}`);
        assert.deepEqual(await marked(db), upTo(at - 1));
        assert.equal(applied.length, at + 1);
        assert.equal((await revisionsOf(db)).length, at + 1);
      }
    }
  });
}

Deno.test("apply() stops when somebody takes a lock that a file gave back by its key", async () => {
  await using db = await createDatabase();
  const text = `select pg_advisory_unlock(${LOCKS.own});\nselect pg_sleep(0.2);\n`;
  let over = false;
  const steal = async () => {
    while (!over) {
      const [row] = await db.sql(`select pg_try_advisory_lock(${LOCKS.own}) as taken`);
      if (row?.["taken"] === true) return true;
    }
    return false;
  };
  let thief = Promise.resolve(false);
  const report = await applyPool(db.database, marks(40, { 5: text, 6: text, 7: text }), {
    events: { ...silent, onPlan: () => void (thief = steal()) },
  });
  over = true;
  assert.ok(await thief, "nobody could take it");
  assert.equal(report.error?.code, "lock_lost");
  const rows = await revisionsOf(db);
  assert.ok(rows.length > 5 && rows.length < 10);
  assert.deepEqual(await marked(db), upTo(rows.length - 1).filter((n) => n < 5 || n > 7));
});

Deno.test("apply() leaves the same rows and marks with files sent ahead or not, wherever one breaks", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("plain", "none", "do", "empty"), { minLength: 1, maxLength: 12 }),
      fc.nat(11),
      fc.constantFrom("select 1/0;\n", "insert into public.mark values (1);\n", ""),
      async (kinds, at, fault) => {
        const special = Object.fromEntries(kinds.map((kind, i) => [
          i + 1,
          {
            plain: mark(i + 1),
            none: `-- atlas:txmode none\n\n${mark(i + 1)}`,
            do: `do $$ begin insert into public.mark values (${i + 1}); end $$;\n`,
            empty: "",
          }[kind] + (i === at ? fault : ""),
        ]));
        const left = [];
        for (const pipeline of [true, false]) {
          await using db = await createDatabase();
          const { error } = await applyPool(db.database, marks(kinds.length, special), {
            pipeline,
          });
          const rows = (await revisionsOf(db)).map((
            { executed_at: _, execution_time: __, ...row },
          ) => row);
          left.push({ code: error?.code, message: error?.message, rows, marks: await marked(db) });
        }
        assert.deepEqual(left[0], left[1]);
      },
    ),
    { numRuns: 12 },
  );
});
