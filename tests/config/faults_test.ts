import assert from "node:assert/strict";
import fc from "fast-check";
import { configWith, everythingIn, refusalOf, settingsOf } from "../harness/settings.ts";

Deno.test("all faults of both sections come at once, each with its place and its line", async () => {
  const error = await refusalOf(
    settingsOf(
      configWith(
        { host: "a,b", port: "54x2", sslmode: "requir", connect_timeout: "soon" },
        "migrate:\n\tlock_timeout: 10\n  engine: fast\n".replace("\t", "  "),
      ),
      { env: { MIGRATE_REVISIONS_SCHEMA: "\ud800" } },
    ),
    "config_invalid",
  );
  assert.equal(error.message, "Cannot use the configuration: 7 settings are wrong");
  assert.deepEqual(
    error.details.map((line) => line.replace(/^\S*config\.yaml/, "config.yaml")),
    [
      'config.yaml:2:9: "database.host" is "a,b": must be one host name, address or absolute socket folder',
      "  2 |   host: ****",
      'config.yaml:5:9: "database.port" is "54x2": must be a number from 1 to 65535',
      "  5 |   port: 54x2",
      "    |         ^",
      'config.yaml:6:12: "database.sslmode" is "requir": must be one of disable, allow, prefer, require, verify-ca, verify-full; did you mean "require"?',
      "  6 |   sslmode: requir",
      "    |            ^",
      'config.yaml:7:20: "database.connect_timeout" is "soon": must be seconds above 0, or a duration as 10s',
      "  7 |   connect_timeout: soon",
      "    |                    ^",
      'config.yaml:9:17: "migrate.lock_timeout" is "10": must be a duration with its unit, as 10s, 5m, 1h30m or 250ms',
      "  9 |   lock_timeout: 10",
      "    |                 ^",
      'config.yaml:10:11: "migrate.engine" is "fast": must be auto, atlas, embedded',
      "  10 |   engine: fast",
      "     |           ^",
      'the environment: "MIGRATE_REVISIONS_SCHEMA" is "\\ud800": must be plain text',
    ],
  );
  assert.match(error.hint ?? "", /^Correct them in \S*config\.yaml and the environment$/);
  const faults = error.data["faults"] as readonly Record<string, unknown>[];
  assert.deepEqual(faults[1], {
    key: "database.port",
    state: 'is "54x2": must be a number from 1 to 65535',
    line: 5,
    column: 9,
  });
});

Deno.test("a fault is shown on one short line, without what a terminal would obey", async () => {
  const long = `"\\e[31m${"x".repeat(5_000)}"`;
  const error = await refusalOf(settingsOf(configWith({ sslmode: long })), "config_invalid");
  assert.match(error.message, /is "\\u001b\[31mx{50,60}…": must be/);
  for (const line of [error.message, ...error.details]) {
    assert.ok(line.length < 300);
    assert.doesNotMatch(line, /\p{Cc}/u);
  }
});

/** A password that no other text holds, with what YAML may stumble over around it. */
const planted = fc.tuple(
  fc.constantFrom("", "'", '"', "@", "%", "`", "!", "&", "*", "|", ">", "{", "[", "- ", "? ", "\t"),
  fc.constantFrom(
    "",
    ": ",
    " #",
    "\n",
    "\n ",
    "\n  ",
    "\n    host: ",
    '"',
    "'",
    "\\",
    "}",
    "]",
    ", ",
  ),
  fc.constantFrom("", ":", '"', "'", "]", "}", "\n\t", ": x", "\n---", "\n  port: ["),
).map(([before, between, after]) => `${before}Zq7planted${between}Zq7planted${after}`)
  // What stands at the left of a line, before a colon, is a key like any other.
  .filter((value) => !/^\s*Zq7planted:(?:\s|$)/m.test(value));

const setting = fc.constantFrom(
  "",
  "  port: 54x2\n",
  "  host: [a\n",
  "  sslmode: requir\n",
  "  connect_timeout: {}\n",
  "\thost: x\n",
  "  dbname: a: b\n",
  "  unknown: 1\n",
  "  user: *nobody\n",
);

const key = fc.constantFrom(
  "  password: ",
  "  password:",
  "  'password': ",
  "  {password: ",
  "  sslmode: x, password: ",
);

Deno.test("a password is nowhere in an error or a warning, whatever is wrong around it", async () => {
  await fc.assert(
    fc.asyncProperty(setting, key, planted, setting, async (above, password, value, below) => {
      const text = `database:\n  user: u\n${above}${password}${value}\n${below}  dbname: d\n`;
      const shown = await settingsOf(text).then(
        ({ warnings }) => warnings.join("\n"),
        everythingIn,
      );
      assert.doesNotMatch(shown, /Zq7planted/);
    }),
    { numRuns: 400, seed: 20261122 },
  );
});
