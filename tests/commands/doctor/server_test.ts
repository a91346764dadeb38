import assert from "node:assert/strict";
import { join } from "node:path";
import { startPostgres } from "../../../scripts/postgres/server.ts";
import { examine, examineWith, FILES, type Found } from "../../harness/doctor.ts";
import { contentOf, revisionsOf } from "../../harness/history.ts";
import { startPgBouncer } from "../../harness/pgbouncer.ts";
import {
  administer,
  createDatabase,
  databaseAt,
  openSession,
  type TestDatabase,
} from "../../harness/postgres.ts";
import { applyPool, poolOf } from "../../harness/run.ts";
import { toolTest } from "../../harness/tools.ts";

/** A database that has all files. */
async function migrated(): Promise<TestDatabase> {
  const db = await createDatabase();
  await applyPool(db.database, poolOf(FILES));
  return db;
}

/** A database with a role of its own, gone afterwards. */
async function withRole(
  db: TestDatabase,
  act: (role: string) => Promise<void>,
  options = "",
): Promise<void> {
  const role = `role_${db.name}`;
  await administer(`create role ${role} login ${options}`);
  try {
    await act(role);
  } finally {
    await db.sql(`drop owned by ${role} cascade`);
    await administer(`drop role ${role}`);
  }
}

Deno.test("migrate doctor tells transactions that are read-only by default", async () => {
  await using db = await migrated();
  await administer(`alter database ${db.name} set default_transaction_read_only = on`);
  const found = await examine(db.database);
  assert.deepEqual(found.amiss, ["writable fault read_only_database"]);
  assert.match(found.of("writable").fix ?? "", /default_transaction_read_only/);
});

Deno.test("migrate doctor tells a replica, and works on it", async () => {
  await using server = await startPostgres({ settings: ["hot_standby = on"] });
  await Deno.writeTextFile(join(server.socket, "data", "standby.signal"), "");
  await server.restart();
  const { host, port } = server;
  const found = await examine(databaseAt("postgres", { host, port }));
  assert.deepEqual(found.amiss, ["writable fault read_only_database"]);
  assert.equal(found.of("writable").text, "the server is a read-only replica");
  assert.equal(found.of("lock").needs, "writable");
  assert.equal(found.of("slots").state, "ok");
});

for (const mode of ["transaction", "statement"] as const) {
  toolTest("pgbouncer", `migrate doctor tells PgBouncer in ${mode} mode`, async () => {
    await using db = await migrated();
    await using pooler = await startPgBouncer(mode);
    const { host, port } = pooler;
    const found = await examine({ ...db.database, host, port });
    assert.deepEqual(found.amiss, ["pooler fault transaction_pooler"]);
    assert.match(found.of("pooler").fix ?? "", /pool_mode = session/);
  });
}

toolTest("pgbouncer", "migrate doctor has nothing against PgBouncer in session mode", async () => {
  await using db = await migrated();
  await using pooler = await startPgBouncer("session");
  const { host, port } = pooler;
  const found = await examine({ ...db.database, host, port });
  assert.deepEqual(found.amiss, []);
  assert.match(found.of("pooler").text, /leaves us our session/);
});

Deno.test("migrate doctor tells the rights that are missing, and the grants that it names mend it", async () => {
  await using db = await migrated();
  await withRole(db, async (role) => {
    const before = await examine({ ...db.database, user: role });
    assert.deepEqual(before.amiss, [
      "privileges fault permission_denied",
      "history fault permission_denied",
    ]);
    assert.match(
      before.of("privileges").text,
      /may not use schema "atlas_schema_revisions", nor create in schema "bronze", nor create in schema "silver", nor select, insert, update in the history/,
    );
    const [, grants = ""] = /^As the owner: (.*)$/.exec(before.of("privileges").fix ?? "") ?? [];
    await db.sql(grants);
    const after = await examine({ ...db.database, user: role });
    // What is there belongs to another still.
    assert.deepEqual(after.amiss, ["privileges warning owner_differs"]);
    assert.match(after.of("privileges").text, /1 in bronze are of postgres/);
  });
});

Deno.test("migrate doctor asks for the right to create schemas only where one will be created", async () => {
  await using db = await createDatabase();
  await withRole(db, async (role) => {
    const before = await examine({ ...db.database, user: role });
    assert.deepEqual(before.amiss, ["privileges fault permission_denied"]);
    const [, grant = ""] = /^As the owner: (.*)$/.exec(before.of("privileges").fix ?? "") ?? [];
    assert.match(grant, /^grant create on database/);
    await db.sql(grant);
    assert.deepEqual((await examine({ ...db.database, user: role })).amiss, []);
    await applyPool({ ...db.database, user: role }, poolOf(FILES));
    await db.sql(`revoke create on database ${db.name} from ${role}`);
    assert.deepEqual((await examine({ ...db.database, user: role })).amiss, []);
    const more = { ...FILES, "gold/0003_c.sql": "create schema gold;\n" };
    const next = await examine({ ...db.database, user: role }, { files: more });
    assert.deepEqual(next.amiss, ["privileges fault permission_denied"]);
  });
});

Deno.test("migrate doctor looks at the rights of database.role", async () => {
  await using db = await migrated();
  const owner = `owner_${db.name}`;
  await administer(`create role ${owner}; grant create on database ${db.name} to ${owner}`);
  try {
    await withRole(db, async (role) => {
      await db.sql(`grant ${owner} to ${role}; grant ${owner} to postgres`);
      for (const schema of ["bronze", "silver", "atlas_schema_revisions"]) {
        await db.sql(`alter schema ${schema} owner to ${owner}`);
      }
      await db.sql(`alter table bronze.a owner to ${owner};
        alter table atlas_schema_revisions.atlas_schema_revisions owner to ${owner}`);
      const found = await examine({ ...db.database, user: role, role: owner });
      assert.deepEqual(found.amiss, []);
      assert.match(found.of("login").text, new RegExp(`in the role ${owner}`));
    });
  } finally {
    await db.sql(`reassign owned by ${owner} to postgres; drop owned by ${owner}`);
    await administer(`drop role ${owner}`);
  }
});

type Prepare = (db: TestDatabase) => Promise<unknown>;

const PARTIAL = {
  ...FILES,
  "gold/0003_c.sql": "-- atlas:txmode none\n\ncreate schema gold;\nselect 1/0;\n",
};

const HISTORIES: readonly (readonly [
  string,
  Prepare,
  Readonly<Record<string, string>>,
  string,
  RegExp,
])[] = [
  [
    "a half-done file",
    (db) => applyPool(db.database, poolOf(PARTIAL)),
    PARTIAL,
    "history fault half_done",
    /^0003_c is half done: 1 of 2, .*division by zero/,
  ],
  [
    "a changed file",
    (db) => applyPool(db.database, poolOf(FILES)),
    { ...FILES, "silver/0002_b.sql": "create schema silver2;\n" },
    "history fault migration_changed",
    /0002_b\.sql/,
  ],
  [
    "a file that came late",
    (db) =>
      applyPool(db.database, poolOf({ "silver/0002_b.sql": FILES["silver/0002_b.sql"] ?? "" })),
    FILES,
    "history fault out_of_order",
    /0001_a\.sql/,
  ],
  [
    "versions that are unknown here",
    (db) => applyPool(db.database, poolOf(FILES)),
    { "bronze/0001_a.sql": FILES["bronze/0001_a.sql"] ?? "" },
    "history warning unknown_versions",
    /unknown here: 0002$/,
  ],
  [
    "two histories",
    async (db) => {
      await applyPool(db.database, poolOf(FILES));
      await db.sql(`create schema other; create table other.atlas_schema_revisions
        (like atlas_schema_revisions.atlas_schema_revisions)`);
    },
    FILES,
    "history fault ambiguous_revisions",
    /2 schemas have a revisions table/,
  ],
  [
    "a database of somebody else",
    (db) => db.sql("create schema theirs; create table theirs.t (i int)"),
    FILES,
    "history fault database_not_clean",
    /theirs/,
  ],
];

for (const [what, prepare, files, amiss, text] of HISTORIES) {
  Deno.test(`migrate doctor tells ${what}`, async () => {
    await using db = await createDatabase();
    await prepare(db);
    const found = await examine(db.database, { files });
    assert.deepEqual(found.amiss.filter((each) => !each.startsWith("privileges unseen")), [amiss]);
    assert.match(found.of("history").text, text);
    assert.ok((found.of("history").fix ?? "").length > 0);
    // What is to be typed goes to the same database.
    for (const { command } of found.of("history").next ?? []) {
      assert.match(command, /^migrate .*--config /);
    }
  });
}

Deno.test("migrate doctor tells who holds the lock, and how to end it", async () => {
  await using db = await migrated();
  await db.sql("set application_name = 'the-other-run'; select pg_advisory_lock(2686470616)");
  const found = await examine(db.database);
  assert.equal(found.code, 0);
  assert.deepEqual(found.amiss, ["lock warning lock_held"]);
  assert.match(
    found.of("lock").text,
    /^held by pid \d+, "the-other-run" from 127\.0\.0\.1, connected since /,
  );
  const [, end = ""] = /: (select .*;)$/.exec(found.of("lock").fix ?? "") ?? [];
  await administer(end);
  for (let tries = 0; tries < 100; tries++) {
    if ((await examine(db.database)).of("lock").state === "ok") return;
  }
  assert.fail("the lock is held still");
});

Deno.test("doctor() tells transactions that are open for long, with who has them", async () => {
  await using db = await migrated();
  await db.sql("set application_name = 'forgotten'; begin; select 1");
  const found = await examineWith(db.database, { longMs: 1 });
  assert.deepEqual(found.amiss, ["transactions warning long_transaction"]);
  assert.match(
    found.of("transactions").text,
    /^pid \d+ of postgres "forgotten" from 127\.0\.0\.1, idle in transaction, \d+ s$/,
  );
  assert.deepEqual((await examine(db.database)).amiss, []);
  await db.sql("rollback");
});

Deno.test("migrate doctor hides a secret that others have written down, and no word of its own", async () => {
  await using db = await migrated();
  await withRole(db, async (role) => {
    await db.sql(`alter role ${role} password 'hypo'`);
    await db.sql("create table bronze.hypo_1 (i int); insert into bronze.hypo_1 values (1), (1)");
    await assert.rejects(db.sql("create unique index concurrently hypo_2 on bronze.hypo_1 (i)"));
    const database = { ...db.database, user: role, password: "hypo", dbname: db.name };
    assert.equal((await examine(database)).of("indexes").text, "invalid: bronze.****_2");
    await db.sql(`alter role ${role} password 'in'`);
    const short = await examine({ ...database, password: "in" });
    assert.equal(short.of("indexes").text, "****");
    assert.match(short.of("migrations").text, / in .*, as their sums say$/);
  });
});

Deno.test("migrate doctor says how many sessions its role may not see", async () => {
  await using db = await migrated();
  await db.sql("select 1");
  await withRole(db, async (role) => {
    const found = await examine({ ...db.database, user: role });
    assert.match(found.of("transactions").text, /; 1 session of others cannot be seen$/);
  });
});

Deno.test("doctor() tells prepared transactions and slots that nobody reads", async () => {
  await using server = await startPostgres({ settings: ["max_prepared_transactions = 5"] });
  const { host, port } = server;
  const database = databaseAt("postgres", { host, port });
  await using admin = await openSession(database);
  await admin.run("begin");
  await admin.run("create table t (i int)");
  await admin.run("prepare transaction 'it''s forgotten'");
  await admin.query("select pg_create_physical_replication_slot('nobody', true)");
  const found = await examineWith(database, { longMs: 1, slotBytes: 0 });
  assert.deepEqual(found.amiss, [
    "transactions warning prepared_transaction",
    "slots warning replication_slot",
  ]);
  assert.match(found.of("transactions").text, /^prepared 'it''s forgotten' of postgres, \d+ s$/);
  assert.match(found.of("slots").text, /^nobody keeps .* of the log, and nobody reads$/);
  const [, finish = ""] = /: (commit prepared '.*';)/.exec(found.of("transactions").fix ?? "") ??
    [];
  await admin.run(finish);
  const [, drop = ""] = /: (select .*;)$/.exec(found.of("slots").fix ?? "") ?? [];
  await admin.query(drop);
  const after = await examineWith(database, { longMs: 1, slotBytes: 0 });
  assert.deepEqual(after.amiss, ["history fault database_not_clean"]);
});

Deno.test("migrate doctor tells an invalid index, and its fix ends it", async () => {
  await using db = await migrated();
  await db.sql("insert into bronze.a values (1), (1)");
  await assert.rejects(db.sql("create unique index concurrently a_once on bronze.a (i)"));
  const found = await examine(db.database);
  assert.deepEqual(found.amiss, ["indexes warning invalid_index"]);
  assert.equal(found.of("indexes").text, "invalid: bronze.a_once");
  await db.sql((found.of("indexes").fix ?? "").replace(/;.*/, ";"));
  assert.deepEqual((await examine(db.database)).amiss, []);
});

Deno.test("migrate doctor tells a role that has hardly a connection left", async () => {
  await using db = await createDatabase();
  await withRole(db, async (role) => {
    await db.sql(`grant create on database ${db.name} to ${role}`);
    const found = await examine({ ...db.database, user: role });
    assert.deepEqual(found.amiss, ["connections warning few_connections"]);
    assert.match(found.of("connections").text, /^1 left of \d+$/);
  }, "connection limit 2");
});

Deno.test("a look that takes too long ends, and the others are made all the same", async () => {
  await using db = await migrated();
  await db.sql("begin; lock table atlas_schema_revisions.atlas_schema_revisions");
  const found = await examine(db.database);
  assert.equal(found.of("history").state, "unseen");
  assert.equal(found.of("history").code, "database_error");
  assert.equal(found.of("indexes").state, "ok");
  assert.equal(found.of("connections").state, "ok");
  await db.sql("rollback");
});

/** Everything that a write would change: the catalogs, the data, and the number of transactions. */
async function stateOf(db: TestDatabase): Promise<unknown> {
  const [row] = await db.sql(`select
    (select string_agg(concat(oid, relname, relkind, xmin), ',' order by oid) from pg_class) as relations,
    (select string_agg(nspname || coalesce(nspacl::text, ''), ',' order by oid) from pg_namespace) as schemas,
    (select string_agg(rolname, ',' order by oid) from pg_roles where rolname like '%${db.name}%') as roles,
    pg_current_xact_id_if_assigned() as xact`);
  const rows = await revisionsOf(db);
  const data = rows.length === 0 ? [] : await db.sql("select xmin::text, * from bronze.a");
  return JSON.parse(JSON.stringify([row, await contentOf(db), rows, data]));
}

Deno.test("migrate doctor writes nothing, with a role that may only read and without a history too", async () => {
  const places: readonly (readonly [() => Promise<TestDatabase>, boolean])[] = [
    [migrated, false],
    [migrated, true],
    [createDatabase, false],
    [createDatabase, true],
  ];
  for (const [make, reader] of places) {
    await using db = await make();
    await withRole(db, async (role) => {
      if (reader) {
        await administer(`alter role ${role} set default_transaction_read_only = on`);
        const rows = await revisionsOf(db);
        if (rows.length > 0) {
          await db.sql(`grant usage on schema atlas_schema_revisions to ${role};
            grant select on atlas_schema_revisions.atlas_schema_revisions to ${role}`);
        }
      }
      const before = await stateOf(db);
      const found: Found = await examine(reader ? { ...db.database, user: role } : db.database);
      assert.deepEqual(await stateOf(db), before);
      assert.deepEqual(
        found.amiss,
        reader ? ["writable fault read_only_database", "privileges fault permission_denied"] : [],
      );
      // All that can be looked at is.
      const unseen = found.looks.filter(({ state }) => state === "unseen");
      assert.deepEqual(unseen.map(({ name }) => name), ["disk"]);
    });
  }
});

Deno.test("migrate doctor takes no transaction that could write", async () => {
  await using server = await startPostgres({ settings: ["log_statement = 'all'"] });
  const { host, port, socket } = server;
  await examine(databaseAt("postgres", { host, port }));
  const log = await Deno.readTextFile(join(socket, "data", "server.log"));
  const statements = [...log.matchAll(/(?:statement|execute [^:]*):\s+(\S.*)/g)].map(([, text]) =>
    (text ?? "").trim()
  );
  assert.ok(statements.length > 10, log);
  let open = false;
  for (const text of statements) {
    if (/^begin\b/.test(text)) {
      assert.match(text, /read only$/);
      open = true;
    } else if (/^rollback$/.test(text)) open = false;
    else if (!open) assert.match(text, /^select /, text);
    else assert.match(text, /^(?:select|set local|savepoint|rollback to|with) ?/, text);
  }
});
