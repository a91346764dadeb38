import assert from "node:assert/strict";
import { configFile } from "../harness/config.ts";
import { createDatabase } from "../harness/postgres.ts";
import { genmigrate, migrate } from "../harness/program.ts";
import { migrationsFolder } from "../harness/run.ts";

Deno.test("flags may stand before a command of migrate as behind it", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  await using folder = await migrationsFolder({ "bronze/0001_a.sql": "create schema bronze;\n" });
  for (const command of ["status", "plan", "history", "verify"]) {
    const behind = [command, "--config", config.path, "--migrations", folder.path];
    const before = ["-c", config.path, `--migrations=${folder.path}`, command];
    const between = ["--config", config.path, command, "--migrations", folder.path];
    const wanted = await migrate([...behind, "--json"]);
    assert.equal(wanted.code, 0, wanted.err);
    for (const args of [before, between]) {
      const run = await migrate([...args, "--json"]);
      assert.equal(run.out, wanted.out, args.join(" "));
    }
  }
  const resolved = await migrate([
    ...["--yes", "--config", config.path, "--migrations", folder.path],
    ...["resolve", "--applied", "0001"],
  ]);
  assert.equal(resolved.code, 0, resolved.err);
});

Deno.test("the value of a flag is no command", async () => {
  const run = await migrate(["--config", "status", "--json"]);
  assert.equal(JSON.parse(run.out).command, "apply");
  assert.match(run.err, /Cannot read the configuration: "status" does not exist/);
});

Deno.test("flags may stand before a command of genmigrate", async () => {
  await using folder = await migrationsFolder({ "bronze/0001_a.sql": "create schema bronze;\n" });
  assert.equal((await genmigrate(["hash", "--out", folder.path])).code, 0);
  const behind = await genmigrate(["hash", "--out", folder.path]);
  assert.equal(behind.code, 0, behind.err);
  assert.deepEqual(await genmigrate(["--out", folder.path, "hash"]), behind);
});
