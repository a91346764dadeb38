import assert from "node:assert/strict";
import { MigrateError } from "../../src/errors.ts";
import { plainPool, type Pool, REVISION_TYPE } from "../../src/migrations/mod.ts";
import { atlas, folderOf } from "../harness/atlas.ts";
import { revisionsOf } from "../harness/history.ts";
import { createDatabase, type TestDatabase } from "../harness/postgres.ts";
import { applyPool, foldersOf, poolOf, sumsOf } from "../harness/run.ts";
import { toolTest } from "../harness/tools.ts";

type Files = Readonly<Record<string, string>>;

/** How the real Atlas has written a history, and how its files are on offer afterwards. */
interface Way {
  readonly name: string;
  readonly write: (db: TestDatabase, files: Files, args?: readonly string[]) => Promise<void>;
  readonly offer: (files: Files) => Promise<Pool>;
}

async function byHand(
  db: TestDatabase,
  files: readonly { readonly name: string; readonly text: string }[],
  args: readonly string[],
): Promise<void> {
  await using folder = await folderOf({
    ...Object.fromEntries(files.map(({ name, text }) => [name, text])),
    "atlas.sum": sumsOf(files),
  });
  // Whether it ends well is its own affair: some of these fail on purpose.
  await atlas(["migrate", "apply", ...args, "--dir", `file://${folder.path}`], {
    database: db.database,
  });
}

/** Files without their layers. */
function plain(files: Files): readonly { readonly name: string; readonly text: string }[] {
  return Object.entries(files).map(([path, text]) => ({ name: path.split("/")[1] ?? "", text }));
}

const WAYS: readonly Way[] = [
  {
    name: "layer after layer",
    async write(db, files, args = []) {
      for (const { files: own } of foldersOf(files)) {
        const clean = (await revisionsOf(db)).length > 0 ? [] : ["--allow-dirty"];
        if (own.length > 0) await byHand(db, own, args.length > 0 ? args : clean);
      }
    },
    offer: (files) => Promise.resolve(poolOf(files)),
  },
  {
    name: "all layers as one directory",
    write: async (db, files, args = []) => await byHand(db, plain(files), args),
    offer: (files) => Promise.resolve(poolOf(files)),
  },
  {
    name: "a directory without layers",
    write: async (db, files, args = []) => await byHand(db, plain(files), args),
    offer(files) {
      const own = plain(files);
      return Promise.resolve(plainPool({ path: "migrations", files: own, sum: sumsOf(own) }));
    },
  },
];

// The numbers go up from layer to layer: otherwise Atlas refuses to migrate one after the other.
const FILES = {
  "bronze/0001_a.sql": "create schema bronze;\n",
  "bronze/0002_b.sql": "create table bronze.b (i int);\n",
  "silver/0003_c.sql": "create schema silver;\n",
  "silver/0004_d.sql": "create table silver.d (i int);\n",
  "gold/0005_e.sql": "create schema gold;\n",
};
const MORE = { ...FILES, "gold/0006_f.sql": "create table gold.f (i int);\n" };

function without(files: Files, path: string): Files {
  return Object.fromEntries(Object.entries(files).filter(([name]) => name !== path));
}

/** What a run refuses, and what it names: changed files and missing versions. */
async function refusal(db: TestDatabase, pool: Pool): Promise<unknown> {
  try {
    const { error } = await applyPool(db.database, pool);
    assert.equal(error, undefined, error?.message);
    return "done";
  } catch (error) {
    assert.ok(error instanceof MigrateError, String(error));
    assert.equal(error.code, "migration_changed", error.message);
    const changed = error.data.changed?.map((path) => path.replace(/^.*\//, ""));
    return { changed, missing: error.data.missing };
  }
}

for (const { name, offer, write } of WAYS) {
  toolTest("atlas", `apply() understands what Atlas has written: ${name}`, async () => {
    await using db = await createDatabase();
    await write(db, FILES);
    assert.equal((await revisionsOf(db)).length, 5);
    assert.equal(await refusal(db, await offer(FILES)), "done");
    for (const path of Object.keys(FILES)) {
      const file = path.replace(/^.*\//, "");
      const edited = await offer({ ...MORE, [path]: "select 'edited';\n" });
      assert.deepEqual(await refusal(db, edited), { changed: [file], missing: [] }, file);
      const other = path.replace(/_\w\.sql$/, "_renamed.sql");
      const renamed = await offer({
        ...without(MORE, path),
        [other]: FILES[path as keyof typeof FILES],
      });
      const found = await refusal(db, renamed);
      assert.deepEqual(found, { changed: [other.replace(/^.*\//, "")], missing: [] }, file);
      const removed = await offer(without(MORE, path));
      assert.deepEqual(
        await refusal(db, removed),
        { changed: [], missing: [file.slice(0, 4)] },
        file,
      );
    }
    assert.equal((await revisionsOf(db)).length, 5);
    // Who goes on all the same gets what is new, and what was changed stays as it was applied.
    const edited = await offer({ ...MORE, "silver/0004_d.sql": "select 'edited';\n" });
    const report = await applyPool(db.database, edited, { allowChanged: true });
    assert.deepEqual(report.applied.map(({ migration }) => migration.version), ["0006"]);
  });

  toolTest("atlas", `apply() understands a file that Atlas has repaired: ${name}`, async () => {
    await using db = await createDatabase();
    const NONE = "-- atlas:txmode none\n\ncreate table bronze.b (i int);\n";
    await write(db, { ...FILES, "bronze/0002_b.sql": `${NONE}select 1/0;\n` });
    const repaired = { ...FILES, "bronze/0002_b.sql": `${NONE}select 1;\n` };
    const halfDone = (await revisionsOf(db)).find(({ version }) => version === "0002");
    assert.deepEqual([halfDone?.["applied"], halfDone?.["total"]], [1, 2]);
    await write(db, repaired);
    const rows = await revisionsOf(db);
    assert.deepEqual(rows.map(({ version }) => version), ["0001", "0002", "0003", "0004", "0005"]);
    assert.equal(await refusal(db, await offer(repaired)), "done");
    // What was executed after the repair vouches for it, and then it is found that it was changed
    // again; the hashes of other layers do not cover it.
    const again = await offer({ ...repaired, "bronze/0002_b.sql": `${NONE}select 2;\n` });
    const found = await refusal(db, again);
    assert.equal(found === "done", name === "layer after layer");
    const later = await offer({ ...repaired, "gold/0005_e.sql": "select 'edited';\n" });
    // Of a file for which nothing vouches nobody knows whether it was repaired or changed.
    const changed = name === "layer after layer" ? ["0002_b.sql", "0005_e.sql"] : ["0005_e.sql"];
    assert.deepEqual(await refusal(db, later), { changed, missing: [] });
  });
}

for (const { name, offer, write } of WAYS.slice(1)) {
  toolTest(
    "atlas",
    `apply() understands where Atlas has taken a database over: ${name}`,
    async () => {
      await using db = await createDatabase();
      await db.sql("create schema bronze; create table bronze.b (i int)");
      await write(db, FILES, ["--baseline", "0002"]);
      const rows = await revisionsOf(db);
      assert.deepEqual(rows.map(({ type, version }) => [version, type]), [
        ["0002", REVISION_TYPE.baseline],
        ["0003", REVISION_TYPE.executed],
        ["0004", REVISION_TYPE.executed],
        ["0005", REVISION_TYPE.executed],
      ]);
      assert.equal(await refusal(db, await offer(FILES)), "done");
      const edited = await offer({ ...FILES, "silver/0004_d.sql": "select 'edited';\n" });
      assert.deepEqual(await refusal(db, edited), { changed: ["0004_d.sql"], missing: [] });
      // The hash of the first one behind the baseline covers what was never executed.
      const below = await offer({ ...FILES, "bronze/0001_a.sql": "select 'edited';\n" });
      await assert.rejects(applyPool(db.database, below), (error) => {
        assert.ok(error instanceof MigrateError);
        assert.equal(error.code, "migration_changed");
        assert.match(
          error.message,
          /"0003_c\.sql", or a file below it that was never executed here,/,
        );
        return true;
      });
    },
  );
}
