import assert from "node:assert/strict";
import { revisionsOf } from "../harness/history.ts";
import { migrate } from "../harness/program.ts";
import { migrationsFolder } from "../harness/run.ts";
import { createSeveral } from "../harness/several.ts";

const FILES = {
  "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n",
  "silver/0002_b.sql": "create schema silver;\n",
  "gold/0003_c.sql": "create schema gold;\n",
};

Deno.test("twenty databases, four at once, one of which is not there", async () => {
  await using several = await createSeveral(19, { more: ["no_such_database"] });
  await using folder = await migrationsFolder(FILES);
  const args = ["--config", several.config, "--migrations", folder.path];
  const run = await migrate([...args, "--engine", "embedded", "--jobs", "4"]);
  assert.equal(run.code, 1);
  assert.equal(run.out.match(/^✔ t_\w+ +3 applied: 0001–0003/gm)?.length, 19);
  assert.match(run.out, /^✖ no_such_database +Cannot connect to .*does not exist$/m);
  assert.match(run.err, /^20 databases at postgres@127.0.0.1:\d+, 4 at once, embedded engine/);
  for (const db of several.databases) assert.equal((await revisionsOf(db)).length, 3);
});
