import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { bundle } from "../../scripts/compile/bundle.ts";
import { permissionFlags, programNamed } from "../../scripts/compile/programs.ts";
import { VARIABLES } from "../../src/environment.ts";
import { folderForFile } from "../harness/compiled.ts";
import { createDatabase } from "../harness/postgres.ts";
import { makeSite, type Site } from "../harness/site.ts";
import { tools, toolTest } from "../harness/tools.ts";

const PROGRAM = programNamed("migrate");

let built: Promise<string> | undefined;

/** The program as plain JavaScript, made once for this file. */
function script(): Promise<string> {
  return built ??= folderForFile().then(async (folder) => {
    const stamp = { commit: undefined, epoch: 1_700_000_000 };
    return (await bundle(PROGRAM, { root: Deno.cwd(), folder, stamp })).entry;
  });
}

/** What stops working when a permission is taken away. */
interface Need {
  readonly permission: string;
  readonly what: string;
  readonly engine: "embedded" | "atlas";
}

const NEEDS: readonly Need[] = [
  { permission: "--allow-net", what: "nobody reaches the database", engine: "embedded" },
  { permission: "--allow-read", what: "nobody reads the configuration", engine: "embedded" },
  { permission: "--allow-write", what: "Atlas has no folder", engine: "atlas" },
  { permission: "--allow-run=atlas", what: "nobody starts Atlas", engine: "atlas" },
  { permission: "--allow-env", what: "CONFIG_FILE is not seen", engine: "embedded" },
  { permission: "--ignore-env", what: "the environment cannot be read", engine: "embedded" },
];

for (const { engine, permission, what } of NEEDS) {
  toolTest(
    engine === "atlas" ? "atlas" : [],
    `migrate without ${permission}: ${what}`,
    async () => {
      await using db = await createDatabase();
      const site = await makeSite(db.name);
      const flags = permissionFlags(PROGRAM, "linux");
      const fewer = flags.filter((flag) => flag.split("=")[0] !== permission.split("=")[0]);
      assert.equal(fewer.length, flags.length - 1);
      const refused = await runWith(fewer, site, engine);
      assert.notEqual(refused.code, 0);
      assert.equal((await db.sql("select 1 from pg_namespace where nspname = 'bronze'")).length, 0);
      const allowed = await runWith(flags, site, engine);
      assert.equal(allowed.code, 0, allowed.err);
    },
  );
}

Deno.test("each permission of migrate has a test that needs it", () => {
  assert.deepEqual(
    NEEDS.map(({ permission }) => permission),
    PROGRAM.permissions.map((flag) => flag.replace(/^(--allow-env)=.*/, "$1")),
  );
});

Deno.test("each variable that the sources name stands in the table", async () => {
  const known = VARIABLES.map(({ name }) => name);
  for await (const text of sources("src")) {
    for (const [, name = ""] of text.matchAll(/\benv\[\s*"(\w+)"\s*\]/g)) {
      // Windows spells PATH so; there names have no case.
      assert.ok(name === "Path" || known.includes(name), name);
    }
  }
});

async function runWith(flags: readonly string[], site: Site, engine: string) {
  return await site.run(Deno.execPath(), [
    ...["run", "-q", "--no-config", ...flags, await script(), "--engine", engine],
  ], {
    env: {
      CONFIG_FILE: site.config,
      PATH: dirname(tools.atlas ?? "/nonexistent/atlas"),
      TMPDIR: join(site.root, "temp"),
      HOME: join(site.root, "home"),
    },
  });
}

async function* sources(folder: string): AsyncIterable<string> {
  for await (const { isDirectory, name } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sources(path);
    else if (name !== "environment.ts") yield await Deno.readTextFile(path);
  }
}
