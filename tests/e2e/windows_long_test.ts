import assert from "node:assert/strict";
import { join } from "node:path";
import { programNamed } from "../../scripts/compile/programs.ts";
import { VERSION } from "../../src/version.ts";
import { compileForTests } from "../harness/compiled.ts";
import { createDatabase } from "../harness/postgres.ts";
import { makeSite, type Site, type SiteOptions, writeMigrations } from "../harness/site.ts";
import { tools, toolTest } from "../harness/tools.ts";
import { through, windowsPath, wineEnvironment } from "../harness/wine.ts";

let built: Promise<string> | undefined;

/** The Windows program, compiled once for this file. */
function migrate(): Promise<string> {
  return built ??= compileForTests(programNamed("migrate"), {
    target: "x86_64-pc-windows-msvc",
    runtime: tools.denort_wine ?? "",
  });
}

/** A Windows machine that has Atlas. */
async function machine({ root }: Site): Promise<SiteOptions> {
  const bin = join(root, "bin");
  await Deno.mkdir(bin);
  await Deno.symlink(tools.atlas_exe ?? "", join(bin, "atlas.exe"));
  return { through: through(), env: { ...wineEnvironment(), WINEPATH: windowsPath(bin) } };
}

/** What a run has left: Wine itself decides where the folder for temporary files is. */
async function leftovers(site: Site): Promise<readonly string[]> {
  const found = [...await site.leftovers()];
  const users = join(Deno.env.get("WINEPREFIX") ?? "", "drive_c/users");
  for await (const { name } of Deno.readDir(users)) {
    const temp = join(users, name, "Temp");
    for (const entry of await Array.fromAsync(Deno.readDir(temp)).catch(() => [])) {
      if (entry.name.startsWith("hotpot-")) found.push(join(temp, entry.name));
    }
  }
  return found;
}

const NEEDED = ["denort_wine", "wine", "atlas_exe"] as const;

toolTest(NEEDED, "windows: --version", async () => {
  const program = await migrate();
  await using db = await createDatabase();
  const site = await makeSite(db.name);
  const run = await site.run(program, ["--version"], await machine(site));
  assert.deepEqual([run.code, run.out], [0, `migrate ${VERSION}\n`]);
});

for (const engine of ["atlas", "embedded"] as const) {
  const flags = (site: Site) => [
    ...["--config", windowsPath(site.config), "--engine", engine, "--json"],
  ];

  toolTest(NEEDED, `windows: applies what is inside, and leaves nothing (${engine})`, async () => {
    const program = await migrate();
    await using db = await createDatabase();
    const site = await makeSite(db.name);
    const options = await machine(site);
    const run = await site.run(program, flags(site), options);
    assert.equal(run.code, 0, run.err);
    assert.equal(JSON.parse(run.out).engine.name, engine);
    assert.equal(JSON.parse(run.out).applied.length, 14);
    assert.deepEqual(await leftovers(site), []);
  });

  toolTest(
    NEEDED,
    `windows: odd paths, CRLF in the configuration, a failure (${engine})`,
    async () => {
      const program = await migrate();
      await using db = await createDatabase();
      const site = await makeSite(db.name, "Ein Ort mit Grüßen & 漢字 %41 $(x)");
      const text = await Deno.readTextFile(site.config);
      await Deno.writeTextFile(site.config, text.replaceAll("\n", "\r\n"));
      const options = await machine(site);
      const migrations = join(site.root, "meine Migrationen");
      await writeMigrations(migrations, {
        "bronze/0001_a.sql": "create schema bronze;\r\n",
        "silver/0002_b.sql": "select nonsense;\n",
      });
      const args = [...flags(site), "--migrations", windowsPath(migrations)];
      const run = await site.run(program, args, options);
      assert.equal(run.code, 1, run.err);
      const document = JSON.parse(run.out);
      assert.equal(document.error.code, "migration_failed");
      assert.equal(document.applied.length, 1);
      assert.doesNotMatch(run.out + run.err, /planted-password/);
      assert.deepEqual(await leftovers(site), []);
    },
  );
}
