import assert from "node:assert/strict";
import { loadSettings } from "../../src/config/mod.ts";
import { configFile } from "../harness/config.ts";
import { configWith, refusalOf, settingsOf, unattended } from "../harness/settings.ts";

const LIST = { dbname: undefined, dbnames: "[a, b, '03']" };

async function namesOf(
  changes: Readonly<Record<string, string | undefined>>,
  chosen: readonly string[] = [],
): Promise<{ readonly names: readonly string[]; readonly isList: boolean }> {
  await using config = await configFile(configWith(changes));
  await using settings = await loadSettings({
    env: {},
    configFile: config.path,
    applicationName: "test",
    chosen,
    ...unattended(),
  });
  assert.deepEqual(settings.database, settings.databases[0]);
  return { names: settings.databases.map(({ dbname }) => dbname), isList: settings.isList };
}

Deno.test("database.dbnames lists databases, and goes before dbname", async () => {
  const expected = { names: ["a", "b", "03"], isList: true };
  assert.deepEqual(await namesOf(LIST), expected);
  assert.deepEqual(await namesOf({ ...LIST, dbname: "other" }), expected);
  assert.deepEqual(await namesOf({ ...LIST, dbnames: "\n    - a\n    - b\n    - '03'" }), expected);
  assert.deepEqual(await namesOf({ ...LIST, dbnames: `'["a", "b", "03"]'` }), expected);
  // A list stays one with a single name in it: what reads the report need not ask how many.
  assert.deepEqual(await namesOf({ dbname: undefined, dbnames: "[a]" }), {
    names: ["a"],
    isList: true,
  });
  assert.deepEqual(await namesOf({ dbname: "a" }), { names: ["a"], isList: false });
});

Deno.test("--database goes before the configuration, which needs no name then", async () => {
  assert.deepEqual(await namesOf(LIST, ["x"]), { names: ["x"], isList: false });
  assert.deepEqual(await namesOf(LIST, ["x", "y"]), { names: ["x", "y"], isList: true });
  assert.deepEqual(await namesOf({ dbname: undefined }, ["x"]), { names: ["x"], isList: false });
});

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ["[]", /dbnames.* lists no database/],
  ["a", /dbnames.* must be a list of names/],
  ["{ a: b }", /dbnames.* must be a list of names/],
  ["[a, b, a]", /dbnames.* names "a" twice/],
  ["[a, '']", /dbnames.* has an entry without a name/],
  ["[a, [b]]", /dbnames.* has an entry that is not a single value/],
  ["'[a'", /dbnames.* must be a list of names/],
];

for (const [value, expected] of REFUSED) {
  Deno.test(`database.dbnames may not be ${value}`, async () => {
    for (const dbname of ["one", undefined]) {
      const error = await refusalOf(namesOf({ dbname, dbnames: value }), "config_invalid");
      assert.match([error.message, ...error.details].join("\n"), expected);
    }
  });
}

Deno.test("a program that works on one database asks for dbname, whatever is listed", async () => {
  const { database, databases } = await settingsOf(configWith({ ...LIST, dbname: "mine" }));
  assert.equal(database.dbname, "mine");
  assert.equal(databases.length, 1);
  await refusalOf(settingsOf(configWith(LIST)), "dsn_incomplete");
});

Deno.test("migrate.jobs and MIGRATE_JOBS say how many at once, the variable before the file", async () => {
  const config = configWith({}, "migrate:\n  jobs: 3\n");
  assert.equal((await settingsOf(config)).migrate.jobs, 3);
  assert.equal((await settingsOf(config, { env: { MIGRATE_JOBS: "12" } })).migrate.jobs, 12);
  for (const wrong of ["0", "-1", "many", "1.5"]) {
    await refusalOf(settingsOf(config, { env: { MIGRATE_JOBS: wrong } }), "config_invalid");
  }
});
