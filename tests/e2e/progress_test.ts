import assert from "node:assert/strict";
import { configFile } from "../harness/config.ts";
import { createDatabase } from "../harness/postgres.ts";
import { taskCommand, taskEnvironment } from "../harness/program.ts";
import { migrationsFolder, testEngines } from "../harness/run.ts";
import { startOnTerminal } from "../harness/terminal.ts";
import { atlasPath, toolTest } from "../harness/tools.ts";

const FILES = {
  "bronze/0001_a.sql": "create schema bronze;\n",
  "bronze/0002_b.sql": "create table bronze.b (i int);\nselect pg_sleep(300), '日本語';\n",
};

const WIPE = "\r\x1b[2K";

for (const engine of testEngines) {
  toolTest(
    "script",
    `${engine}: Ctrl-C on a terminal wipes the live line and rolls back`,
    async () => {
      await using db = await createDatabase();
      await using config = await configFile(db.database);
      await using folder = await migrationsFolder(FILES);
      const run = startOnTerminal([
        ...await taskCommand("migrate"),
        ...["--config", config.path, "--migrations", folder.path, "--engine", engine],
      ], {
        env: {
          ...taskEnvironment(),
          PATH: `${atlasPath()}:${Deno.env.get("PATH")}`,
          TERM: "xterm",
        },
      });
      await run.until(/0002_b \(bronze\) \d+ s: select pg_sleep/);
      await run.type("\x03");
      assert.equal(await run.code, 130, run.screen);
      const last = run.screen.slice(run.screen.lastIndexOf(WIPE) + WIPE.length);
      assert.match(last, /^.{0,8}error\[interrupted\]/u, run.screen);
      assert.match(last, /0002 \(bronze\) stopped/);
      const tables = await db.sql("select 1 from pg_tables where schemaname = 'bronze'");
      assert.equal(tables.length, 0);
    },
  );
}
