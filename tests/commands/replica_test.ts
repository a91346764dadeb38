import assert from "node:assert/strict";
import { MigrateError } from "../../src/errors.ts";
import { configFile } from "../harness/config.ts";
import { migrate } from "../harness/program.ts";
import { startReplica } from "../harness/replica.ts";
import { applyPool, migrationsFolder, poolOf, testEngines } from "../harness/run.ts";

const FIRST = { "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n" };
const FILES = { ...FIRST, "gold/0002_b.sql": "alter table bronze.a add column j int;\n" };

Deno.test({
  name: "on a replica migrate refuses with the reason, and whatever only reads works",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using pair = await startReplica();
    await applyPool(pair.primary, poolOf(FIRST));
    await pair.catchUp();
    for (const use of testEngines) {
      await assert.rejects(applyPool(pair.replica, poolOf(FILES), { use }), (error) => {
        assert.ok(error instanceof MigrateError);
        assert.equal(error.code, "read_only_database");
        assert.match(error.message, /the server is a read-only replica/);
        assert.equal(error.hint, "Set database.host to the primary");
        return true;
      });
    }
    await using config = await configFile(pair.replica);
    await using folder = await migrationsFolder(FILES);
    const run = async (...args: readonly string[]) => {
      const flags = args[0] === "wait" ? [] : ["--migrations", folder.path];
      return await migrate([...args, "-c", config.path, ...flags]);
    };
    const status = await run("status", "--exit-code", "--json");
    assert.equal(status.code, 3, status.err);
    const { counts } = JSON.parse(status.out);
    assert.deepEqual([counts.applied, counts.pending], [1, 1]);
    const expected: readonly (readonly [readonly string[], RegExp])[] = [
      [["status"], /0002_b \(gold\): pending/],
      [["plan"], /0002 gold[\s\S]*bronze\.a[\s\S]*would refuse this here: .* read-only replica/],
      [["verify"], /./],
      [["history"], /0001/],
      [["wait", "--timeout", "5s"], /^$/],
    ];
    for (const [args, says] of expected) {
      const { code, err, out } = await run(...args);
      assert.equal(code, 0, `${args.join(" ")}: ${err}`);
      assert.match(out, says);
    }
    for (const args of [[], ["resolve", "0002", "--applied", "--yes"]]) {
      const { code, err } = await run(...args);
      assert.equal(code, 1, err);
      assert.match(err, /the server is a read-only replica/);
    }
    // The history is that of the primary as it goes on.
    await applyPool(pair.primary, poolOf(FILES));
    await pair.catchUp();
    assert.equal((await run("status", "--exit-code")).code, 0);
  },
});
