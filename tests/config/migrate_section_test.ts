import assert from "node:assert/strict";
import { configWith, refusalOf, settingsOf } from "../harness/settings.ts";

const SETTINGS:
  readonly (readonly [string, readonly [string, unknown], readonly [string, unknown]])[] = [
    ["engine", ["atlas", "atlas"], ["embedded", "embedded"]],
    ["lock_timeout", ["5m", 300_000], ["250ms", 250]],
    ["statement_lock_timeout", ["0", 0], ["1m30s", 90_000]],
    ["revisions_schema", ["public", "public"], ["0123", "0123"]],
    ["migrations", ["some/folder", "some/folder"], ["/other folder", "/other folder"]],
  ];

for (const [key, [inFile, fromFile], [inEnv, fromEnv]] of SETTINGS) {
  const name = `MIGRATE_${key.toUpperCase()}`;
  const config = configWith({}, `migrate:\n  ${key}: ${inFile}\n`);
  Deno.test(`${name} goes before migrate.${key}, and that before the default`, async () => {
    const value = async (text: string, env = {}) => {
      const { migrate } = await settingsOf(text, { env });
      return migrate[key as keyof typeof migrate];
    };
    assert.equal(await value(configWith()), undefined);
    assert.equal(await value(config), fromFile);
    assert.equal(await value(config, { [name]: inEnv }), fromEnv);
    assert.equal(await value(configWith(), { [name]: inEnv }), fromEnv);
    assert.equal(await value(config, { [name]: "" }), fromFile);
    assert.equal(await value(configWith({}, `migrate:\n  ${key}:\n`)), undefined);
  });
}

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ["engine", "atals", /is "atals": must be auto, atlas, embedded; did you mean "atlas"\?/],
  ["engine", "[atlas]", /is not a single value/],
  ["lock_timeout", "10", /is "10": must be a duration with its unit/],
  ["lock_timeout", "-1s", /must be a duration/],
  ["revisions_schema", '"a\\0b"', /must be plain text/],
];

for (const [key, value, message] of REFUSED) {
  Deno.test(`migrate.${key} may not be ${value}`, async () => {
    const config = configWith({}, `migrate:\n  ${key}: ${value}\n`);
    const error = await refusalOf(settingsOf(config), "config_invalid");
    assert.match(error.message, message);
    assert.match(error.details[0] ?? "", /config\.yaml:6:\d+: "migrate\.\w+" /);
  });
}

Deno.test("a fault in the environment is said to be there", async () => {
  const error = await refusalOf(
    settingsOf(configWith(), { env: { MIGRATE_ENGINE: "fast" } }),
    "config_invalid",
  );
  assert.match(error.message, /"MIGRATE_ENGINE" is "fast": must be/);
  assert.match(error.details[0] ?? "", /^the environment: "MIGRATE_ENGINE"/);
  assert.equal(error.hint, "Correct it in the environment");
});

Deno.test("a variable that is right goes before a file that is wrong", async () => {
  const config = configWith({}, "migrate:\n  engine: fast\n");
  const { migrate } = await settingsOf(config, { env: { MIGRATE_ENGINE: "embedded" } });
  assert.equal(migrate.engine, "embedded");
});

Deno.test("an unknown key of migrate is a warning", async () => {
  const { warnings } = await settingsOf(configWith({}, "migrate:\n  lock_timout: 10s\n"));
  assert.match(warnings.join(), /"migrate\.lock_timout" .*did you mean "lock_timeout"\?/);
});
