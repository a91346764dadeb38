import assert from "node:assert/strict";
import { folderOf } from "../harness/atlas.ts";
import { createDatabase, server } from "../harness/postgres.ts";
import { migrate } from "../harness/program.ts";
import { migrationsFolder, testEngines } from "../harness/run.ts";
import { toolTest } from "../harness/tools.ts";
import { startVault, until } from "../harness/vault.ts";
import { leavesNothing, POLICY, prepareUsers } from "../harness/vault_users.ts";

const GOOD = {
  "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n",
};

toolTest(
  "bao",
  "Vault: a database user for the run, gone after every end of it",
  async (program) => {
    await using db = await createDatabase();
    await using place = await prepareUsers(program, db);
    await using good = await migrationsFolder(GOOD);
    await using bad = await migrationsFolder({ ...GOOD, "silver/0002_b.sql": "select 1/0;\n" });
    await using slow = await migrationsFolder({
      ...GOOD,
      "silver/0002_b.sql": "select pg_sleep(60);\n",
    });
    for (const engine of testEngines) {
      const run = ["--engine", engine === "atlas" ? "auto" : engine, "--migrations"];
      await leavesNothing(place, async () => {
        const done = await place.run([...run, good.path]);
        assert.equal(done.code, 0, done.err);
        assert.doesNotMatch(done.err, /warning/);
      });
      const [table] = await db.sql("select tableowner from pg_tables where tablename = 'a'");
      assert.equal(table?.["tableowner"], place.owner);
      await leavesNothing(place, async () => {
        const failed = await place.run([...run, bad.path]);
        assert.equal(failed.code, 1);
        assert.match(failed.err, /division by zero/);
      });
      await leavesNothing(place, async () => {
        const stop = new AbortController();
        const stopped = place.run([...run, slow.path], { signal: stop.signal });
        await until(async () => {
          const active = await db.sql(
            "select 1 from pg_stat_activity where query ~ 'pg_sleep' and pid <> pg_backend_pid()",
          );
          if (active.length === 0) throw new Error("not there yet");
        });
        stop.abort("SIGINT");
        assert.equal((await stopped).code, 130);
      });
      await db.sql(`drop schema bronze cascade; drop schema atlas_schema_revisions cascade`);
    }
    // what fails before the database is reached
    for (
      const [args, env, code] of [
        [["--migrations", "/nonexistent"], {}, "migrations_missing"],
        [
          ["--migrations", good.path],
          { VAULT_DB_CREDS: "database/creds/nobody" },
          "vault_credentials",
        ],
        [["--migrations", good.path], { VAULT_DB_CREDS: "nowhere/creds/x" }, "vault_denied"],
        [["--migrations", good.path], { VAULT_DB_CREDS: "//" }, "config_invalid"],
        [["--migrations", good.path], { MIGRATE_ENGINE: "mongo" }, "config_invalid"],
      ] as const
    ) {
      await leavesNothing(place, async () => {
        const failed = await place.run([...args, "--json"], { env });
        assert.equal(JSON.parse(failed.out).error.code, code, failed.err);
      });
    }
  },
);

toolTest(
  "bao",
  "Vault: the lease of the database user outlives its first time",
  async (program) => {
    await using db = await createDatabase();
    await using place = await prepareUsers(program, db);
    await using folder = await migrationsFolder({
      "bronze/0001_a.sql":
        "-- atlas:txmode none\n\nselect pg_sleep(2.5);\nselect 1 / count(*) from pg_roles where rolname = session_user;\n",
    });
    for (const engine of testEngines) {
      await leavesNothing(place, async () => {
        const done = await place.run(["--engine", engine, "--migrations", folder.path], {
          env: { VAULT_DB_CREDS: "database/creds/brief" },
        });
        assert.equal(done.code, 0, done.err);
      });
      await db.sql("drop schema atlas_schema_revisions cascade");
    }
    // and so does the token, with which the lease would fall
    await place.vault.api("POST", "auth/approle/role/ci", {
      body: { token_policies: ["hotpot"], token_ttl: "1s" },
    });
    await leavesNothing(place, async () => {
      const done = await place.run(["--engine", "embedded", "--migrations", folder.path]);
      assert.equal(done.code, 0, done.err);
      assert.doesNotMatch(done.err, /warning/);
    });
  },
);

toolTest(
  "bao",
  "Vault: a token that was given stays, and what cannot be revoked is told",
  async (program) => {
    await using db = await createDatabase();
    await using place = await prepareUsers(program, db);
    await using good = await migrationsFolder(GOOD);
    const { VAULT_AUTH_METHOD: _, ...env } = place.env;
    const revoking = await place.vault.tokenFor(
      `${POLICY}\npath "sys/leases/revoke" { capabilities = ["update"] }`,
    );
    await leavesNothing(place, async () => {
      const done = await migrate(["--migrations", good.path], { ...env, VAULT_TOKEN: revoking });
      assert.equal(done.code, 0, done.err);
    });
    assert.equal(await place.vault.knows(revoking), true);
    const plain = await place.vault.tokenFor(POLICY);
    const done = await migrate(["--migrations", good.path], { ...env, VAULT_TOKEN: plain });
    assert.equal(done.code, 0, done.err);
    assert.match(
      done.err,
      /warning: .*path "sys\/leases\/revoke" \{ capabilities = \["update"\] \}/,
    );
    assert.equal((await place.users()).length, 1);
  },
);

toolTest("bao", "Vault: a file may refer to it, field by field", async (program) => {
  await using db = await createDatabase();
  await using vault = await startVault(program);
  const { host, port } = server();
  await vault.api("POST", "secret/data/hotpot/db", {
    body: { data: { user: "postgres", password: "planted-password", port, list: [1] } },
  });
  const file = (changes: string) =>
    `database:
  host: ${host}
  port: vault://secret/hotpot/db#port
  user: vault://secret/hotpot/db#user
  password: "vault://secret/hotpot/db#password"
  dbname: ${db.name}
  sslmode: disable
${changes}`;
  await using folder = await folderOf({
    "good.yaml": file(""),
    "bad.yaml": file(
      "  role: vault://secret/hotpot/db#nothing\n  search_path: vault://#x\n  sslcert: vault://secret/hotpot/db#list\n  connect_timeout: soon\n  colour: vault://nowhere/x#y\n",
    ),
  });
  await using good = await migrationsFolder(GOOD);
  const run = (name: string) =>
    migrate(["--config", `${folder.path}/${name}`, "--migrations", good.path], {
      VAULT_ADDR: vault.address,
      VAULT_TOKEN: vault.rootToken,
    });
  const done = await run("good.yaml");
  assert.equal(done.code, 0, done.err);
  assert.doesNotMatch(done.err, /warning/);
  const failed = await run("bad.yaml");
  assert.equal(failed.code, 2);
  assert.match(failed.err, /4 settings are wrong/);
  assert.match(failed.err, /bad\.yaml:8:9: "database\.role"/);
  assert.match(failed.err, /"database\.connect_timeout" is "soon"/);
  assert.match(failed.err, /it has "list", "password", "port", "user"/);
});

toolTest(
  "bao",
  "Vault: several databases share one user and one lease, which are gone afterwards",
  async (program) => {
    await using first = await createDatabase();
    await using second = await createDatabase();
    await using place = await prepareUsers(program, first);
    await second.sql(`grant create on database ${second.name} to ${place.owner}`);
    await using good = await migrationsFolder({
      "bronze/0001_a.sql":
        "create schema bronze;\ncreate table bronze.a as select session_user::text as who;\n",
    });
    for (const engine of testEngines) {
      await leavesNothing(place, async () => {
        const run = await place.run([
          ...["--migrations", good.path, "--engine", engine, "--jobs", "2"],
          ...["--database", first.name, "--database", second.name],
        ]);
        assert.equal(run.code, 0, run.err);
        assert.match(run.out, /^2 of 2 databases done/m);
      });
      const [one] = await first.sql("select who from bronze.a");
      const [two] = await second.sql("select who from bronze.a");
      assert.match(String(one?.["who"]), /^v-/);
      assert.equal(one?.["who"], two?.["who"]);
      for (const db of [first, second]) {
        await db.sql("drop schema bronze cascade; drop schema atlas_schema_revisions cascade");
      }
    }
  },
);

toolTest("bao", "Vault: dbnames in both shapes, and behind a reference", async (program) => {
  await using vault = await startVault(program);
  const { host, port } = server();
  const login = { host, port, user: "postgres", sslmode: "disable" };
  const flat = Object.fromEntries(
    Object.entries(login).map(([key, value]) => [`database_${key}`, value]),
  );
  const shapes: readonly unknown[] = [
    { database: { ...login, dbnames: ["postgres", "template1"] } },
    { database: JSON.stringify({ ...login, dbnames: ["postgres", "template1"] }) },
    { ...flat, database_dbnames: ["postgres", "template1"] },
    // All that `vault kv put` can write.
    { ...flat, database_dbnames: '["postgres", "template1"]' },
    { database: { ...login, dbnames: "vault://secret/hotpot/tenants#names" } },
  ];
  await vault.api("POST", "secret/data/hotpot/tenants", {
    body: { data: { names: ["postgres", "template1"] } },
  });
  for (const data of shapes) {
    await vault.api("POST", "secret/data/hotpot/config", { body: { data } });
    const run = await migrate(["status", "--json"], {
      CONFIG_SOURCE: "vault",
      VAULT_ADDR: vault.address,
      VAULT_TOKEN: vault.rootToken,
      VAULT_PATH: "secret/hotpot/config",
    });
    assert.equal(run.code, 0, run.err);
    const { databases } = JSON.parse(run.out);
    assert.deepEqual(databases.map(({ name }: { readonly name: string }) => name), [
      "postgres",
      "template1",
    ]);
  }
});
