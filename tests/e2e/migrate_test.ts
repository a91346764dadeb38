import assert from "node:assert/strict";
import { join } from "node:path";
import { encode } from "../../src/dsn.ts";
import { folderOf } from "../harness/atlas.ts";
import { configFile } from "../harness/config.ts";
import { contentOf, revisionsOf } from "../harness/history.ts";
import { administer, createDatabase, type TestDatabase } from "../harness/postgres.ts";
import { ended, spawnMigrate } from "../harness/program.ts";
import { atlasFolder, lookAtTree, textBelow } from "../harness/processes.ts";
import { foldersOf, testEngines } from "../harness/run.ts";

const PASSWORD = "planted-%41 ${secret}'\"\\é";
const FORMS = [PASSWORD, encode(PASSWORD), encodeURIComponent(PASSWORD), JSON.stringify(PASSWORD)]
  .map((form) => form.replace(/^"|"$/g, ""));

/** Works until the test says go. */
const WAITS =
  "do $$ begin while not exists (select from pg_class where relname = 'go') loop perform pg_sleep(0.02); end loop; end $$;\n";

const linux = Deno.build.os === "linux";

for (const engine of testEngines) {
  Deno.test({
    name: `migrate hands the password to nobody else, through ${engine}`,
    ignore: !linux,
    async fn() {
      await using scene = await openScene(engine);
      const { db, role } = scene;
      // Three runs: one that is looked at while it works and ends well, one that fails in a file,
      // and one whose password is wrong.
      const child = await scene.start({ "bronze/0001_a.sql": WAITS }, ["-v"]);
      await isSleeping(db);
      const seen = await lookAtTree(child.pid);
      assert.ok(seen.processes.length >= (engine === "atlas" ? 2 : 1), seen.processes.join());
      assert.equal(hits(seen.text), undefined);
      assert.equal(hits(await textBelow(scene.temp)), undefined);
      await db.sql("create table go ()");
      const good = await ended(child);
      assert.equal(good.code, 0, good.err);
      await db.sql(`grant all on schema public to ${role}`);
      const bad = await ended(
        await scene.start(
          { "bronze/0001_a.sql": WAITS, "gold/0002_b.sql": `select '${"x".repeat(10)}' / 0;\n` },
          ["-v"],
        ),
      );
      assert.equal(bad.code, 1, bad.err);
      await administer(`alter role ${role} password 'changed'`);
      const wrong = await ended(await scene.start({ "bronze/0001_a.sql": WAITS }, ["-v"]));
      assert.match(wrong.err, /login_refused/);
      for (const run of [good, bad, wrong]) assert.equal(hits(run.out + run.err), undefined);
      assert.deepEqual(await Array.fromAsync(Deno.readDir(scene.temp)), []);
    },
  });

  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    Deno.test({
      name:
        `migrate stops at ${signal} with ${code} and leaves nothing half done, through ${engine}`,
      ignore: !linux,
      async fn() {
        await using scene = await openScene(engine);
        const { db } = scene;
        const files = {
          "bronze/0001_a.sql": "create schema bronze;\n",
          "silver/0002_b.sql": `create schema silver;\n${WAITS}`,
        };
        const child = await scene.start(files, ["--json"]);
        await isSleeping(db);
        child.kill(signal);
        const run = await ended(child);
        assert.equal(run.code, code, run.err);
        const report = JSON.parse(run.out);
        assert.equal(report.error.code, "interrupted");
        assert.equal(report.failed.version, "0002");
        assert.match(run.err, /Applied 0001 of 2; 0002 \(silver\) stopped/);
        assert.equal((await revisionsOf(db)).length, 1);
        assert.ok(!(await contentOf(db)).includes("schema silver"));
        assert.deepEqual(await Array.fromAsync(Deno.readDir(scene.temp)), []);
        await db.sql("create table go ()");
        const next = await ended(await scene.start(files, []));
        assert.equal(next.code, 0, next.err);
      },
    });
  }
}

Deno.test("migrate needs no more than its permissions, from an empty folder, without a home", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  const child = await spawnMigrate(["-c", config.path], { cwd: config.folder, env: { HOME: "" } });
  const run = await ended(child);
  assert.equal(run.code, 0, run.err);
  assert.match(run.out, /Applied 14 migrations/);
});

Deno.test("migrate reads no variable of libpq", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  const env = {
    PGHOST: "203.0.113.1",
    PGPORT: "1",
    PGUSER: "nobody",
    PGPASSWORD: "x",
    PGDATABASE: "x",
  };
  for (const engine of testEngines) {
    const path = await atlasFolder(config.folder);
    const child = await spawnMigrate(["-c", config.path, "--engine", engine], {
      env: { ...env, PATH: `${path}:${Deno.env.get("PATH")}`, PGOPTIONS: "-c search_path=x" },
    });
    assert.equal((await ended(child)).code, 0);
  }
});

Deno.test({
  name: "migrate survives a reader that goes away",
  ignore: !linux,
  async fn() {
    await using db = await createDatabase();
    await using config = await configFile(db.database);
    const child = await spawnMigrate(["-c", config.path]);
    await child.stdout.cancel();
    await child.stderr.cancel();
    assert.equal((await child.status).code, 0);
    assert.equal((await revisionsOf(db)).length, 14);
  },
});

interface Scene extends AsyncDisposable {
  readonly db: TestDatabase;
  /** A role that logs in with the planted password. */
  readonly role: string;
  /** The temporary folder of the program; nothing else uses it. */
  readonly temp: string;
  start(
    files: Readonly<Record<string, string>>,
    flags: readonly string[],
  ): Promise<Deno.ChildProcess>;
}

async function openScene(engine: "embedded" | "atlas"): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  const db = stack.use(await createDatabase());
  const role = `scram_${db.name}`;
  await administer(`create role ${role} login password '${PASSWORD.replaceAll("'", "''")}'`);
  stack.defer(async () => {
    await db.sql(`drop owned by ${role} cascade`);
    await administer(`drop role ${role}`);
  });
  await db.sql(`grant create on database ${db.name} to ${role}`);
  const config = stack.use(
    await configFile({ ...db.database, user: role, password: PASSWORD }),
  );
  const temp = join(config.folder, "temp");
  await Deno.mkdir(temp);
  const path = await atlasFolder(config.folder);
  return {
    db,
    role,
    temp,
    start: async (files, flags) => {
      const folder = stack.use(await folderOf(filesOf(files)));
      return await spawnMigrate(
        ["-c", config.path, "--engine", engine, "--migrations", folder.path, ...flags],
        { env: { TMPDIR: temp, PATH: `${path}:${Deno.env.get("PATH")}` } },
      );
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Files by their paths, with the sums of each layer. */
function filesOf(files: Readonly<Record<string, string>>): Record<string, string> {
  const result: Record<string, string> = { ...files };
  for (const { layer, sum } of foldersOf(files)) {
    if (sum !== undefined) result[`${layer}/atlas.sum`] = sum;
  }
  return result;
}

async function isSleeping(db: TestDatabase): Promise<void> {
  const query =
    "select 1 from pg_stat_activity where datname = current_database() and query ~ 'pg_sleep' and pid <> pg_backend_pid()";
  while ((await db.sql(query)).length === 0);
}

/** The first form of the password that occurs in a text. */
function hits(text: string): string | undefined {
  return FORMS.find((form) => text.includes(form)) ??
    (text.includes("planted") ? "planted" : undefined);
}
