import assert from "node:assert/strict";
import { join } from "node:path";
import { programNamed } from "../../scripts/compile/programs.ts";
import { compileForTests } from "../harness/compiled.ts";
import { WINDOWS } from "../harness/machine.ts";
import { createDatabase } from "../harness/postgres.ts";
import { makeSite } from "../harness/site.ts";
import { toolTest } from "../harness/tools.ts";
import { windowsPath } from "../harness/wine.ts";

toolTest(
  WINDOWS.needed,
  "windows: files with secrets have no rights that could be looked at",
  async () => {
    const program = await compileForTests(programNamed("migrate"), {
      target: WINDOWS.target,
      runtime: WINDOWS.runtime,
    });
    await using db = await createDatabase();
    const site = await makeSite(db.name);
    const fromFile = ["status", "--config", windowsPath(site.config)];
    const status = await site.run(program, fromFile, await WINDOWS.options(site));
    assert.equal(status.code, 0, status.err);
    assert.doesNotMatch(status.err, /every user/);
    const token = join(site.root, "token");
    await Deno.writeTextFile(token, "planted-token\n");
    const env = {
      CONFIG_SOURCE: "vault",
      VAULT_ADDR: "http://127.0.0.1:1",
      VAULT_PATH: "secret/x",
      VAULT_TOKEN_FILE: windowsPath(token),
      VAULT_MAX_RETRIES: "0",
    };
    const asked = await site.run(
      program,
      ["status", "--json"],
      await WINDOWS.options(site, { env }),
    );
    assert.equal(JSON.parse(asked.out).error.code, "vault_unreachable", asked.err);
  },
);
