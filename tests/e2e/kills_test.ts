import assert from "node:assert/strict";
import { join } from "node:path";
import { folderOf } from "../harness/atlas.ts";
import { configFile } from "../harness/config.ts";
import { checkKills } from "../harness/kills.ts";
import { createDatabase } from "../harness/postgres.ts";
import { ended, spawnMigrate } from "../harness/program.ts";
import { applyPool, poolOf, silent, sumsOf } from "../harness/run.ts";
import { tools, toolTest } from "../harness/tools.ts";

const linux = Deno.build.os === "linux";

Deno.test({
  name: "migrate ended at any moment leaves nothing half done, and the next run finishes",
  ignore: !linux,
  fn: () => checkKills(5),
});

toolTest(
  "atlas",
  "migrate names the Atlas of a run that was killed, and waits for it",
  async () => {
    if (!linux) return;
    await using db = await createDatabase();
    await using config = await configFile(db.database);
    const text =
      "create schema bronze;\ncreate table bronze.a (i int);\nselect pg_sleep(case when to_regclass('public.go') is null then 1.5 else 0 end);\n";
    await using folder = await folderOf({
      "bronze/0001_a.sql": text,
      "bronze/atlas.sum": sumsOf([{ name: "0001_a.sql", text }]),
    });
    const bin = join(config.folder, "bin");
    await Deno.mkdir(bin);
    await Deno.symlink(tools.atlas ?? "", join(bin, "atlas"));
    const child = await spawnMigrate(
      ["-c", config.path, "--engine", "atlas", "--migrations", folder.path],
      { env: { PATH: `${bin}:${Deno.env.get("PATH")}` } },
    );
    const sleeping =
      "select 1 from pg_stat_activity where datname = current_database() and query ~ '^select pg_sleep' and pid <> pg_backend_pid()";
    while ((await db.sql(sleeping)).length === 0);
    child.kill("SIGKILL");
    assert.equal((await ended(child)).code, 137);
    for (const use of ["atlas", "embedded"] as const) {
      const holders: string[] = [];
      const report = await applyPool(db.database, poolOf({ "bronze/0001_a.sql": text }), {
        use,
        events: { ...silent, onWait: (holder: string) => holders.push(holder) },
      });
      assert.equal(report.error, undefined, report.error?.message);
      assert.equal(report.applied.length, 0);
      assert.equal(report.after, "0001");
      if (use === "embedded") continue;
      assert.match(
        holders.join(),
        /Atlas of a run that was killed still works here \(process \d+\)/,
      );
    }
  },
);
