import { dirname } from "node:path";
import assert from "node:assert/strict";
import { configFile } from "../harness/config.ts";
import { createDatabase, type TestDatabase } from "../harness/postgres.ts";
import { taskCommand } from "../harness/program.ts";
import { migrationsFolder, testEngines } from "../harness/run.ts";
import { tools, toolTest } from "../harness/tools.ts";

const FILES = {
  "bronze/0001_a.sql": "create schema bronze;\n",
  "bronze/0002_b.sql": "create table bronze.b (i int);\nselect pg_sleep(300), '日本語';\n",
};

/** Starts `migrate` on a terminal of its own. */
async function onTerminal(
  script: string,
  options: {
    readonly db: TestDatabase;
    readonly folder: string;
    readonly config: string;
    readonly engine: string;
  },
): Promise<Deno.ChildProcess> {
  const { config, engine, folder } = options;
  const words = [
    ...await taskCommand("migrate"),
    ...["--config", config, "--migrations", folder, "--engine", engine],
  ];
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  return new Deno.Command(script, {
    args: ["-qefc", `stty cols 60; exec ${quoted}`, "/dev/null"],
    env: {
      TERM: "xterm",
      SHELL: "/bin/sh",
      PATH: `${dirname(tools.atlas ?? "")}:${Deno.env.get("PATH")}`,
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

for (const engine of testEngines) {
  toolTest(
    "script",
    `${engine}: Ctrl-C on a terminal wipes the live line and rolls back`,
    async (script) => {
      await using db = await createDatabase();
      await using config = await configFile(db.database);
      await using folder = await migrationsFolder(FILES);
      const child = await onTerminal(script, {
        db,
        engine,
        config: config.path,
        folder: folder.path,
      });
      const keys = child.stdin.getWriter();
      let screen = "";
      let pressed = false;
      for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
        screen += text;
        if (pressed || !/0002_b \(bronze\) \d+ s: select pg_sleep/.test(screen)) continue;
        pressed = true;
        await keys.write(new TextEncoder().encode("\x03"));
      }
      await keys.close();
      assert.equal((await child.status).code, 130, screen);
      const last = screen.slice(screen.lastIndexOf("\r\x1b[2K") + "\r\x1b[2K".length);
      assert.match(last, /^.{0,8}error\[interrupted\]/u, screen);
      assert.match(last, /0002 \(bronze\) stopped/);
      const tables = await db.sql("select 1 from pg_tables where schemaname = 'bronze'");
      assert.equal(tables.length, 0);
    },
  );
}
