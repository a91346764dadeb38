import assert from "node:assert/strict";
import { join } from "node:path";
import { createCheckout } from "../harness/checkout.ts";
import { createDatabase } from "../harness/postgres.ts";
import { genmigrate, migrate } from "../harness/program.ts";
import { toolTest } from "../harness/tools.ts";
import { until } from "../harness/vault.ts";
import { leavesNothing, prepareUsers } from "../harness/vault_users.ts";

const WITHOUT_ATLAS = { PATH: "/nonexistent" };

toolTest(
  "bao",
  "genmigrate refuses a database from Vault before a user is made in it",
  async (program) => {
    await using db = await createDatabase();
    await using place = await prepareUsers(program, db);
    for (const command of [["some_name"], ["check"]]) {
      await leavesNothing(place, async () => {
        // The role does not exist: to ask for a user would be another error.
        const run = await place.generate(command, {
          env: { ...WITHOUT_ATLAS, VAULT_DB_CREDS: "database/creds/nobody" },
        });
        assert.equal(run.code, 2, run.err);
        assert.match(run.err, /^error\[dev_name\]: [^]*database name must end with _dev/);
        assert.equal(run.out, "");
      });
    }
  },
);

toolTest(
  ["bao", "atlas"],
  "genmigrate works as a user from Vault, which is gone after every end of it",
  async (program) => {
    await using checkout = await createCheckout({ "bronze/0001_a.sql": "create schema bronze;\n" });
    const { db, out, schema } = checkout;
    await using place = await prepareUsers(program, db);
    // Atlas empties the database that it works in, the schema `public` included.
    await db.sql(`alter database ${db.name} owner to ${place.owner}`);
    await checkout.declare("bronze", "create schema bronze;\ncreate table bronze.a (i int);\n");
    const args = ["--schema", schema, "--out", out];
    await leavesNothing(place, async () => {
      const done = await place.generate([...args, "add_a"]);
      assert.equal(done.code, 0, done.err);
      assert.match(done.out, /-> 0002_add_a\.sql/);
      assert.equal(done.err, "");
    });
    // what fails before anything is compared, and after
    await leavesNothing(place, async () => {
      const missing = await place.generate([...args, "more"], { env: WITHOUT_ATLAS });
      assert.match(missing.err, /^error\[atlas_missing\]/);
    });
    await checkout.declare("gold", "create schema gold;\ncreate table gold.g (i nonsense);\n");
    await leavesNothing(place, async () => {
      const failed = await place.generate([...args, "more"]);
      assert.match(failed.err, /^error\[state_failed\]/);
      assert.equal(failed.code, 1);
    });
  },
);

toolTest(
  ["bao", "atlas"],
  "genmigrate revokes its user from Vault after Ctrl-C, and after hash --against",
  async (program) => {
    await using checkout = await createCheckout({
      "bronze/0001_a.sql": "create schema bronze;\nselect pg_sleep(60);\n",
    });
    const { db, out, schema } = checkout;
    await using place = await prepareUsers(program, db);
    await checkout.declare("bronze", "create schema bronze;\n");
    await leavesNothing(place, async () => {
      const stop = new AbortController();
      const stopped = place.generate(["--schema", schema, "--out", out, "more"], {
        signal: stop.signal,
      });
      await until(async () => {
        const active = await db.sql(
          "select 1 from pg_stat_activity where query ~ 'pg_sleep' and pid <> pg_backend_pid()",
        );
        if (active.length === 0) throw new Error("not there yet");
      });
      stop.abort("SIGINT");
      const run = await stopped;
      assert.equal(run.code, 130, run.err);
    });
    const { host, port } = db.database;
    const config = join(out, "..", "config.yaml");
    await Deno.writeTextFile(
      config,
      `database: { host: ${host}, port: ${port}, dbname: ${db.name}, sslmode: disable, role: ${place.owner} }\n`,
    );
    await leavesNothing(place, async () => {
      const run = await place.generate(["hash", "--out", out, "--against", config]);
      assert.equal(run.code, 0, run.err);
      assert.doesNotMatch(run.err, /warning/);
    });
  },
);

toolTest("bao", "a crash shows no secret of Vault in either program", async (program) => {
  await using db = await createDatabase({ suffix: "_dev" });
  await using place = await prepareUsers(program, db);
  const secret = place.env["VAULT_SECRET_ID"] ?? "";
  // Asked for once the settings are there, the PATH is what breaks.
  const env = Object.defineProperty({ ...place.env }, "PATH", {
    get: () => {
      throw new Error(`a bug with ${secret}`);
    },
  });
  for (const run of [() => migrate([], env), () => genmigrate(["some_name"], env)]) {
    await leavesNothing(place, async () => {
      const crashed = await run();
      assert.equal(crashed.code, 1);
      assert.match(crashed.err, /^error\[internal\]: a bug with \*{4}$/m);
      assert.ok(!crashed.err.includes(secret));
    });
  }
});
