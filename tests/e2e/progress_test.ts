import assert from "node:assert/strict";
import { configFile } from "../harness/config.ts";
import { createDatabase } from "../harness/postgres.ts";
import { taskCommand, taskEnvironment } from "../harness/program.ts";
import { migrationsFolder, testEngines } from "../harness/run.ts";
import { createSeveral } from "../harness/several.ts";
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

/** What stands on a terminal at the end: of each line what was written since it was last wiped. */
function seenAtEnd(screen: string): readonly string[] {
  return screen.split("\r\n").map((line) =>
    line.slice(line.lastIndexOf(WIPE) + 1).replace("\x1b[2K", "")
  );
}

toolTest("script", "several databases at once share a terminal without a scratch", async () => {
  await using several = await createSeveral(6);
  await using folder = await migrationsFolder({
    "bronze/0001_a.sql": "create schema bronze;\n",
    "bronze/0002_b.sql": "do $$ begin raise notice '日本語'; end $$;\nselect pg_sleep(1.2);\n",
    "gold/0003_c.sql": "create schema gold;\n",
  });
  const run = startOnTerminal([
    ...await taskCommand("migrate"),
    ...["--config", several.config, "--migrations", folder.path, "--engine", "embedded"],
    ...["--jobs", "3", "--no-color"],
  ], { env: { ...taskEnvironment(), TERM: "xterm" } });
  assert.equal(await run.code, 0, run.screen);
  // How much room it has depends on who else is at work.
  assert.match(run.screen, /\d of 6 · t_\w+: 0002_b \(br/);
  const lines = seenAtEnd(run.screen).filter((line) => line !== "");
  const kinds = [
    /^6 databases at postgres@127\.0\.0\.1:\d+, 3 at once, embedded engine/,
    /^t_\w+: notice: 日本語$/,
    /^✔ t_\w+ {2}3 applied: 0001–0003 {2}\d/,
    /^6 of 6 databases done \(18 migrations applied\), in /,
  ];
  for (const line of lines) assert.ok(kinds.some((kind) => kind.test(line)), line);
  assert.equal(lines.filter((line) => kinds[2]?.test(line)).length, 6);
});
