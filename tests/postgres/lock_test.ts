import assert from "node:assert/strict";
import { MigrateError } from "../../src/errors.ts";
import { LOCKS, takeLock } from "../../src/postgres/lock.ts";
import { Session } from "../../src/postgres/session.ts";
import { atlas, folderOf } from "../harness/atlas.ts";
import { administer, createDatabase, databaseAt, type TestDatabase } from "../harness/postgres.ts";
import { applyPool, poolOf, sumsOf } from "../harness/run.ts";
import { toolTest } from "../harness/tools.ts";

/** Who holds the lock, in the words of whoever has waited for it in vain. */
async function holderIn(running: Promise<unknown>): Promise<string> {
  const error = await running.then(() => undefined, (error) => error);
  assert.ok(error instanceof MigrateError, String(error));
  assert.equal(error.code, "lock_timeout", error.message);
  assert.ok(error.hint);
  const [detail] = error.details;
  assert.equal(detail, `the lock is held by ${error.data["holder"]}`);
  return String(error.data["holder"]);
}

const SINCE = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+`;
const options = { signal: new AbortController().signal, redact: (text: string) => text };

function hold(db: TestDatabase, applicationName: string): Promise<Session> {
  return Session.open({ ...db.database, applicationName }, options);
}

for (const [name, key] of Object.entries(LOCKS)) {
  Deno.test(`apply() says who holds the ${name} lock: process, name, address, since when`, async () => {
    await using db = await createDatabase();
    await using holder = await hold(db, "night shift");
    const now = performance.now();
    await takeLock(holder, key, { ...options, deadline: now, timeoutMs: 0 });
    const who = await holderIn(
      applyPool(db.database, poolOf({}), { lockTimeoutMs: 0 }),
    );
    const wanted =
      `^pid ${holder.facts.pid}, "night shift" from 127\\.0\\.0\\.1, connected since ${SINCE}$`;
    assert.match(who, new RegExp(wanted));
  });
}

toolTest("atlas", "apply() says that Atlas holds the lock, as far as can be known", async () => {
  await using db = await createDatabase();
  const text = "select pg_sleep(60);\n";
  await using folder = await folderOf({
    "1_a.sql": text,
    "atlas.sum": sumsOf([{ name: "1_a.sql", text }]),
  });
  const end = new AbortController();
  const running = atlas(["migrate", "apply", "--dir", `file://${folder.path}`], {
    database: { ...db.database, applicationName: "" },
    signal: end.signal,
  });
  const find =
    `select pid from pg_locks where locktype = 'advisory' and objid = ${LOCKS.atlas} and database = (select oid from pg_database where datname = current_database())`;
  let rows = await db.sql(find);
  while (rows.length === 0) rows = await db.sql(find);
  const who = await holderIn(applyPool(db.database, poolOf({}), { lockTimeoutMs: 300 }));
  end.abort();
  await running;
  assert.match(
    who,
    new RegExp(
      `^pid ${
        rows[0]?.["pid"]
      }, a program without a name from 127\\.0\\.0\\.1, connected since ${SINCE}$`,
    ),
  );
});

Deno.test("apply() says who holds the lock also where the role may not see his session", async () => {
  await using db = await createDatabase();
  const user = `plain_${db.name}`;
  await db.sql(`create role ${user} login; grant create on database ${db.name} to ${user}`);
  try {
    await using holder = await hold(db, "night shift");
    await takeLock(holder, LOCKS.own, { ...options, deadline: performance.now(), timeoutMs: 0 });
    const who = await holderIn(
      applyPool(databaseAt(db.name, { user }), poolOf({}), { lockTimeoutMs: 0 }),
    );
    assert.equal(
      who,
      `pid ${holder.facts.pid}, "night shift" of role "postgres" (role "${user}" may not see from where and since when: grant pg_read_all_stats)`,
    );
  } finally {
    await db.sql(`drop owned by ${user} cascade`);
    await administer(`drop role ${user}`);
  }
});
