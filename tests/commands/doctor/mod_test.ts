import assert from "node:assert/strict";
import { join } from "node:path";
import { LOOKS } from "../../../src/looks.ts";
import { MigrateError } from "../../../src/errors.ts";
import { configFor, examine, examineWith, fakeAtlas, FILES } from "../../harness/doctor.ts";
import { createDatabase, databaseAt } from "../../harness/postgres.ts";
import { atlasFolder } from "../../harness/processes.ts";
import { migrate } from "../../harness/program.ts";
import { applyPool, migrationsFolder, poolOf } from "../../harness/run.ts";
import { toolTest } from "../../harness/tools.ts";

const NOWHERE = databaseAt("hotpot", { host: "127.0.0.1", port: 1 });

Deno.test("migrate doctor finds nothing amiss, and makes every look in the order of its table", async () => {
  await using db = await createDatabase();
  await applyPool(db.database, poolOf(FILES));
  const found = await examine(db.database);
  assert.deepEqual(found.amiss, []);
  assert.equal(found.code, 0);
  assert.equal(found.status, "ok");
  assert.deepEqual(
    found.looks.map(({ name }) => name),
    Object.keys(LOOKS).filter((name) => name !== "revocation"),
  );
  assert.deepEqual(found.looks.filter(({ state }) => state !== "ok").map(({ name }) => name), [
    "disk",
  ]);
  assert.match(found.of("history").text, /^2 applied, 0 pending/);
  assert.match(found.of("server").text, /^PostgreSQL \d+/);
});

Deno.test("migrate doctor prints one line for each look, with what to do below", async () => {
  await using db = await createDatabase();
  await using config = await configFor(db.database);
  const good = await migrate(["doctor", "-c", config.path]);
  assert.equal(good.code, 0, good.out);
  assert.equal(good.err, "");
  const lines = good.out.trimEnd().split("\n");
  assert.equal(lines.length, Object.keys(LOOKS).length);
  assert.equal(lines.at(-1), "No fault found");
  for (const line of lines.slice(0, -1)) assert.match(line, /^[✔–] \w+ +\S/);
  await using closed = await configFor(NOWHERE);
  const bad = await migrate(["doctor", "-c", closed.path]);
  assert.equal(bad.code, 1);
  assert.match(bad.out, /^✖ tcp {12}127\.0\.0\.1:1: connection refused\n {17}fix: Check database/m);
  assert.match(bad.out, /^– history {8}not looked at: needs tcp$/m);
  assert.match(bad.out, /\n1 fault\n$/);
});

const CONFIGURATIONS: readonly (readonly [string, string, string])[] = [
  ["is not there", "", "config_missing"],
  ["is no YAML", "database: [", "config_syntax"],
  ["has no database", "redis: {}", "dsn_not_configured"],
  ["has no host", "database: { user: a, dbname: b }", "dsn_incomplete"],
  ["has a wrong port", "database: { host: a, user: a, dbname: b, port: x }", "config_invalid"],
];

for (const [what, text, code] of CONFIGURATIONS) {
  Deno.test(`migrate doctor goes on where the configuration ${what}`, async () => {
    await using config = await configFor(NOWHERE);
    if (text === "") await Deno.remove(config.path);
    else await Deno.writeTextFile(config.path, text);
    const run = await migrate(["doctor", "--json", "-c", config.path]);
    assert.equal(run.code, 1);
    const { database, looks, status } = JSON.parse(run.out);
    assert.deepEqual([database, status], [null, "fault"]);
    assert.deepEqual([looks[0].state, looks[0].code], ["fault", code]);
    assert.ok(looks[0].fix.length > 0);
    const seen = looks.filter(({ state }: { state: string }) => state === "ok");
    assert.deepEqual(seen.map(({ name }: { name: string }) => name), ["migrations", "engine"]);
  });
}

Deno.test("migrate doctor tells warnings of the configuration", async () => {
  await using db = await createDatabase();
  await using config = await configFor(db.database);
  const text = await Deno.readTextFile(config.path);
  await Deno.writeTextFile(config.path, text.replace('"port"', '"prt":1,"port"'));
  const { looks } = JSON.parse((await migrate(["doctor", "--json", "-c", config.path])).out);
  assert.deepEqual([looks[0].state, looks[0].code], ["warning", "config_warning"]);
  assert.match(looks[0].text, /"database\.prt"/);
});

Deno.test("migrate doctor tells files that are not as their sums say, and does without them", async () => {
  await using db = await createDatabase();
  await using config = await configFor(db.database);
  await using folder = await migrationsFolder(FILES);
  await Deno.writeTextFile(join(folder.path, "bronze/0001_a.sql"), "select 1;\n");
  const args = ["doctor", "--json", "-c", config.path, "--migrations", folder.path];
  const { looks } = JSON.parse((await migrate(args)).out);
  const of = (name: string) => looks.find((look: { name: string }) => look.name === name);
  assert.deepEqual([of("migrations").state, of("migrations").code], ["fault", "sum_mismatch"]);
  assert.deepEqual([of("history").state, of("history").needs], ["unseen", "migrations"]);
  assert.equal(of("indexes").state, "ok");
});

Deno.test("migrate doctor tells which engine would work", async () => {
  const engine = async (args: readonly string[], path = "") => {
    const found = await examine(NOWHERE, { args, env: { PATH: path } });
    const { code, state, text } = found.of("engine");
    return [state, code, text.replaceAll(path || " ", path === "" ? " " : "…")];
  };
  assert.deepEqual(await engine([]), ["ok", undefined, "embedded; no Atlas on the PATH"]);
  const missing = await engine(["--engine", "atlas"]);
  assert.deepEqual(missing, ["fault", "atlas_missing", "atlas: command not found"]);
  await using old = await fakeAtlas("#!/bin/sh\necho atlas version v0.9.9\n");
  const untested = await engine(["--engine", "atlas"], old.path);
  assert.deepEqual(untested.slice(0, 2), ["warning", "atlas_untested"]);
  assert.match(String((await engine([], old.path))[2]), /^embedded; Atlas v0\.9\.9 \(official, …/);
  assert.match(
    String((await engine(["--engine", "embedded"], old.path))[2]),
    /^embedded, as asked for/,
  );
  await using broken = await fakeAtlas("#!/nowhere\n");
  assert.deepEqual((await engine([], broken.path)).slice(0, 2), ["fault", "atlas_failed"]);
});

toolTest("atlas", "migrate doctor finds the real Atlas with its edition", async () => {
  await using config = await configFor(NOWHERE);
  const found = await examine(NOWHERE, { env: { PATH: await atlasFolder(config.folder) } });
  assert.match(found.of("engine").text, /^Atlas v1\.2\.3 \(community, .*\/atlas\)$/);
});

Deno.test("doctor() ends at once when it is told to stop", async () => {
  await using db = await createDatabase();
  const stop = new AbortController();
  const looks: string[] = [];
  const stopped = examineWith(db.database, {
    signal: stop.signal,
    onLook: ({ name }) => {
      looks.push(name);
      if (name === "server") stop.abort("SIGINT");
    },
  });
  await assert.rejects(stopped, (error) => {
    assert.ok(error instanceof MigrateError);
    return error.code === "interrupted";
  });
  assert.equal(looks.at(-1), "server");
});

Deno.test("migrate doctor shows no secret and lets no name steer the terminal", async () => {
  await using db = await createDatabase();
  const password = "planted-password-1";
  // Whoever is in the way of a look may have any name, and that of the user may hold anything.
  const role = `"r_${db.name} \u001b[31m${password}"`;
  await db.sql(`create role ${role} login; create schema bronze; create table bronze.x (i int)`);
  try {
    await db.sql(`alter table bronze.x owner to ${role}`);
    await db.sql(`create role "reader_${db.name}" login; grant usage, create on schema bronze
      to "reader_${db.name}"; grant create on database ${db.name} to "reader_${db.name}"`);
    const user = `reader_${db.name}`;
    const found = await examine({ ...db.database, user, password });
    const { code, text } = found.of("privileges");
    assert.equal(code, "owner_differs", text);
    const all = JSON.stringify(found.looks);
    assert.ok(!all.includes(password), all);
    assert.ok(!all.includes("\\u001b"), all);
  } finally {
    await db.sql(`drop owned by "reader_${db.name}"; drop role "reader_${db.name}"`);
    await db.sql(`drop owned by ${role}; drop role ${role}`);
  }
});
