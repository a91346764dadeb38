import assert from "node:assert/strict";
import { dirname } from "node:path";
import { folderOf } from "../harness/atlas.ts";
import { DUMPING, dumpsIn, writesDumps } from "../harness/core_dumps.ts";
import { holdAnswers } from "../harness/held_vault.ts";
import { listen } from "../harness/listener.ts";
import { createDatabase } from "../harness/postgres.ts";
import { ended, spawnGenmigrate, spawnMigrate, tell } from "../harness/program.ts";
import { migrationsFolder, testEngines } from "../harness/run.ts";
import { tools, toolTest } from "../harness/tools.ts";
import { DATABASE, until } from "../harness/vault.ts";
import { leavesNothing, POLICY, prepareUsers } from "../harness/vault_users.ts";

const dumps = await writesDumps();

/** A moment of a run, and how to know that it has come. */
interface Moment {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly reached: () => Promise<unknown>;
  readonly release?: () => void;
}

const SIGNALS: readonly (readonly [readonly Deno.Signal[], number])[] = [
  [["SIGINT"], 130],
  [["SIGINT", "SIGINT"], 130],
  [["SIGTERM", "SIGTERM"], 143],
  [["SIGQUIT"], 130],
  [["SIGABRT", "SIGQUIT"], 130],
];

toolTest("bao", "Vault: nothing is left when a run is stopped, once or twice", async (program) => {
  if (Deno.build.os === "windows") return;
  await using db = await createDatabase();
  await using place = await prepareUsers(program, db);
  const { vault } = place;
  await using slow = await migrationsFolder({ "bronze/0001_a.sql": "select pg_sleep(60);\n" });
  let asked = 0;
  await using silent = await listen(() => void asked++);
  const post = async (path: string, body: unknown) => {
    const { status } = await vault.api("POST", path, { body });
    assert.ok(status < 300, path);
  };
  const mute = {
    ...DATABASE,
    host: "127.0.0.1",
    port: silent.port,
    connect_timeout: "50s",
    role: place.owner,
  };
  await post("secret/data/hotpot/mute", { data: { database: { ...mute, sslmode: "disable" } } });
  await post("sys/policies/acl/hotpot", {
    policy: POLICY.replace("hotpot/config", "hotpot/*"),
  });
  const sleeping = async () => {
    const found = await db.sql(
      "select 1 from pg_stat_activity where query ~ '^select pg_sleep' and pid <> pg_backend_pid()",
    );
    if (found.length === 0) throw new Error("not there yet");
  };
  for (const [index, [signals, code]] of SIGNALS.entries()) {
    await using login = holdAnswers(vault.address, "auth/approle/login");
    await using making = holdAnswers(vault.address, "database/creds/");
    const engine = testEngines[index % testEngines.length] ?? "embedded";
    const moments: readonly Moment[] = [
      {
        name: "log-in",
        env: { VAULT_ADDR: login.address },
        ...login,
        reached: () => login.reached,
      },
      {
        name: "user",
        env: { VAULT_ADDR: making.address },
        ...making,
        reached: () => making.reached,
      },
      {
        name: "wait for the database",
        env: { VAULT_PATH: "secret/hotpot/mute" },
        reached: () => until(() => Promise.resolve(assert.ok(asked > 0))),
      },
      { name: "migration", env: {}, args: ["--engine", engine], reached: () => until(sleeping) },
    ];
    for (const { args = [], env, name, reached, release } of moments) {
      await using work = await folderOf({});
      asked = 0;
      await leavesNothing(place, async () => {
        const child = await spawnMigrate(["--migrations", slow.path, ...args], {
          env: {
            ...place.env,
            PATH: tools.atlas === undefined ? "/bin" : `${dirname(tools.atlas)}:/bin`,
            TMPDIR: work.path,
            ...env,
          },
          cwd: work.path,
          after: DUMPING,
        });
        const run = ended(child);
        await Promise.race([reached(), run]);
        await tell(child, signals);
        release?.();
        const { code: actual, err } = await run;
        assert.equal(actual, code, `${name} ${signals}: ${err}`);
        assert.doesNotMatch(err, /warning/, `${name} ${signals}`);
        if (dumps) assert.deepEqual(await dumpsIn(work.path), [], `${name} ${signals}`);
      });
      await db.sql(
        "select pg_terminate_backend(pid) from pg_stat_activity where query ~ '^select pg_sleep'",
      );
    }
  }
});

toolTest(["bao", "atlas"], "Vault: genmigrate leaves nothing either", async (program, atlas) => {
  if (Deno.build.os === "windows") return;
  await using db = await createDatabase({ suffix: "_dev" });
  await using place = await prepareUsers(program, db);
  await db.sql(`alter database ${db.name} owner to ${place.owner}`);
  await using checkout = await folderOf({
    "schema/bronze.sql": "create schema bronze;\nselect pg_sleep(60);\n",
    "out/bronze/.keep": "",
  });
  for (const signals of [["SIGINT"], ["SIGINT", "SIGINT"]] as const) {
    await using login = holdAnswers(place.vault.address, "auth/approle/login");
    for (
      const { env, reached, release } of [
        {
          env: { VAULT_ADDR: login.address },
          reached: () => login.reached,
          release: login.release,
        },
        {
          env: {},
          reached: () =>
            until(async () => {
              const found = await db.sql(
                "select 1 from pg_stat_activity where query ~ '^select pg_sleep' and pid <> pg_backend_pid()",
              );
              if (found.length === 0) throw new Error("not there yet");
            }),
          release: undefined,
        },
      ]
    ) {
      await leavesNothing(place, async () => {
        const child = await spawnGenmigrate(
          ["--schema", `${checkout.path}/schema`, "--out", `${checkout.path}/out`, "change"],
          { env: { ...place.env, PATH: `${dirname(atlas)}:/bin`, ...env } },
        );
        const run = ended(child);
        await Promise.race([reached(), run]);
        await tell(child, signals);
        release?.();
        const { code, err } = await run;
        assert.equal(code, 130, err);
      });
      await db.sql("drop schema if exists bronze cascade");
      await db.sql(
        "select pg_terminate_backend(pid) from pg_stat_activity where query ~ '^select pg_sleep'",
      );
    }
  }
});
