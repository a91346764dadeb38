import assert from "node:assert/strict";
import { join } from "node:path";
import { programNamed } from "../../scripts/compile/programs.ts";
import { VERSION } from "../../src/version.ts";
import { createCheckout } from "../harness/checkout.ts";
import { compileForTests, copyOfProject } from "../harness/compiled.ts";
import type { Document } from "../harness/documents.ts";
import { createDatabase } from "../harness/postgres.ts";
import { compiledScenarios } from "../harness/compiled_scenarios.ts";
import { WINDOWS } from "../harness/machine.ts";
import { checkRefusals } from "../harness/refusals.ts";
import { addMigration, CRLF } from "../harness/migration.ts";
import { makeSite, type Site, writeMigrations } from "../harness/site.ts";
import { createSeveral } from "../harness/several.ts";
import { toolTest } from "../harness/tools.ts";
import { windowsPath } from "../harness/wine.ts";
import { checkJunit } from "../harness/xml.ts";

const machine = (site: Site) => WINDOWS.options(site);
const leftovers = (site: Site) => WINDOWS.leftovers(site);

let built: Promise<string> | undefined;

/** The Windows program, compiled once for this file. */
function migrate(): Promise<string> {
  return built ??= compileForTests(programNamed("migrate"), {
    target: WINDOWS.target,
    runtime: WINDOWS.runtime,
  });
}

const NEEDED = WINDOWS.needed;

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

for (const engine of ["atlas", "embedded"]) {
  toolTest(
    NEEDED,
    `windows: several databases at once, each with its own pipe, and a report (${engine})`,
    async () => {
      const program = await migrate();
      await using several = await createSeveral(3);
      const [first = ""] = several.names;
      const site = await makeSite(first);
      const report = join(site.root, "Bericht für alle.xml");
      await Deno.writeTextFile(report, "old");
      const names = several.names.flatMap((name) => ["--database", name]);
      const run = await site.run(program, [
        ...["--config", windowsPath(site.config), "--engine", engine, "--json", "--jobs", "3"],
        ...["--junit", windowsPath(report), ...names],
      ], await machine(site));
      assert.equal(run.code, 0, run.err);
      const { databases } = JSON.parse(run.out);
      assert.deepEqual(
        databases.map((each: Document) => [each["name"], each["status"]]),
        several.names.map((name) => [name, "applied"]),
      );
      const xml = await Deno.readTextFile(report);
      await checkJunit(xml);
      assert.match(xml, /^<testsuites name="migrate" tests="42" failures="0"/m);
      assert.match(xml, /file="deploy\/migrations\/gold\/0010_create_reports.sql"/);
      assert.deepEqual(await leftovers(site), []);
    },
  );
}

toolTest(
  ["denort_wine", "wine", "atlas_exe"],
  "windows: a migration inside the program keeps its CRLF",
  async (runtime) => {
    const root = await copyOfProject();
    await addMigration(root, "gold/0015_added.sql", CRLF);
    const target = WINDOWS.target;
    const program = await compileForTests(programNamed("migrate"), { target, runtime, root });
    for (const engine of ["embedded", "atlas"]) {
      await using db = await createDatabase();
      const site = await makeSite(db.name);
      const args = ["--config", windowsPath(site.config), "--json", "--engine", engine];
      const run = await site.run(program, args, await machine(site));
      assert.equal(run.code, 0, run.err);
      assert.equal((await db.sql("select text from gold.added"))[0]?.["text"], "a\r\nb");
    }
  },
);

for (const name of ["migrate", "genmigrate"]) {
  toolTest(
    ["denort_wine", "wine", "atlas_exe"],
    `windows: ${name} without --allow-ffi hands Atlas nothing`,
    async (runtime) => {
      const fewer = await compileForTests({ ...programNamed(name), onWindows: [] }, {
        target: WINDOWS.target,
        runtime,
      });
      await using checkout = await createCheckout();
      await checkout.declare("bronze", "create schema bronze;\n");
      const site = await makeSite(checkout.db.name);
      const paths = ["--schema", windowsPath(checkout.schema), "--out", windowsPath(checkout.out)];
      const args = name === "migrate" ? ["--engine", "atlas"] : [...paths, "add_bronze"];
      const flags = ["--config", windowsPath(site.config), ...args];
      const run = await site.run(fewer, flags, await machine(site));
      assert.equal(run.code, 1, run.err);
      assert.match(run.err, /^error\[config_pipe\]/m);
    },
  );
}

toolTest(
  ["denort_wine", "wine"],
  "windows: what prevents a connection is told as elsewhere",
  async (runtime) => {
    const probe = await compileForTests({
      ...{ name: "refusals_probe", entry: "tests/e2e/refusals_probe.ts" },
      ...{ permissions: ["-A"], onWindows: [] },
    }, { target: "x86_64-pc-windows-msvc", runtime });
    await using db = await createDatabase();
    const site = await makeSite(db.name);
    const certificates = windowsPath(join(Deno.cwd(), "tests/testdata/tls"));
    const run = await site.run(probe, [certificates], await machine(site));
    assert.equal(run.code, 0, run.err);
    checkRefusals(run.out);
  },
);

compiledScenarios(WINDOWS);
