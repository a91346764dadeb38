import assert from "node:assert/strict";
import { parseDatabaseSection } from "../../src/config/database_section.ts";
import type { Field } from "../../src/config/section.ts";
import type { Database } from "../../src/database.ts";
import { configWith, refusalOf, settingsOf } from "../harness/settings.ts";

const ACCEPTED: readonly (readonly [string, string, Partial<Database>])[] = [
  ["port", "5432", { port: 5432 }],
  ["port", '"6432"', { port: 6432 }],
  ["port", "1", { port: 1 }],
  ["port", "65535", { port: 65535 }],
  ["host", "db.example.net", { host: "db.example.net" }],
  ["host", "db.example.net.", { host: "db.example.net." }],
  ["host", "my_service", { host: "my_service" }],
  ["host", "10.0.0.1", { host: "10.0.0.1" }],
  ["host", '"::1"', { host: "::1" }],
  ["host", '"[2001:db8::1]"', { host: "2001:db8::1" }],
  ["host", "/run/postgresql", { host: "/run/postgresql" }],
  ["user", "0123", { user: "0123" }],
  ["user", "tenant\\admin@server", { user: "tenant\\admin@server" }],
  ["user", "true", { user: "true" }],
  ["password", "0123", { password: "0123" }],
  ["password", "1e3", { password: "1e3" }],
  ["password", "0x1F", { password: "0x1F" }],
  ["password", "true", { password: "true" }],
  ["password", "12345678901234567890", { password: "12345678901234567890" }],
  ["password", "2024-01-01", { password: "2024-01-01" }],
  ["password", "!!str 0123", { password: "0123" }],
  ["password", '"null"', { password: "null" }],
  ["password", '" blank "', { password: " blank " }],
  ["password", '"two\\nlines"', { password: "two\nlines" }],
  ["password", "two words", { password: "two words" }],
  ["password", "'it''s: # {x}'", { password: "it's: # {x}" }],
  ["sslmode", "verify-full", { sslmode: "verify-full" }],
  ["sslmode", "disable", { sslmode: "disable" }],
  ["sslrootcert", "system", { sslrootcert: "system", sslmode: "verify-full" }],
  ["sslrootcert", "/etc/ca.pem", { sslrootcert: "/etc/ca.pem", sslmode: "require" }],
  ["connect_timeout", "5", { connectTimeoutMs: 5_000 }],
  ["connect_timeout", "1m30s", { connectTimeoutMs: 90_000 }],
  ["connect_timeout", "250ms", { connectTimeoutMs: 250 }],
  ["search_path", "'bronze, \"odd name\"'", { searchPath: 'bronze, "odd name"' }],
  ["application_name", "nightly", { applicationName: "nightly" }],
  ["role", "hotpot_owner", { role: "hotpot_owner" }],
];

for (const [key, value, expected] of ACCEPTED) {
  Deno.test(`database.${key} may be ${value}`, async () => {
    const { database } = await settingsOf(configWith({ [key]: value }));
    for (const [name, wanted] of Object.entries(expected)) {
      assert.equal(database[name as keyof Database], wanted);
    }
  });
}

Deno.test("database settings that are not given have their defaults", async () => {
  const { database, secrets, warnings } = await settingsOf(configWith());
  assert.deepEqual(database, {
    host: "localhost",
    port: 5432,
    user: "hotpot",
    dbname: "hotpot",
    sslmode: "require",
    connectTimeoutMs: 10_000,
    applicationName: "hotpot-migrate/test",
  });
  assert.deepEqual({ secrets, warnings }, { secrets: [], warnings: [] });
});

for (const value of ["null", "~", '""', ""]) {
  Deno.test(`database.password may be left open as ${value || "nothing"}`, async () => {
    const { database } = await settingsOf(configWith({ password: value }));
    assert.equal("password" in database, false);
  });
}

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ["port", "0", /"database\.port" is "0": must be a number from 1 to 65535/],
  ["port", "65536", /is "65536"/],
  ["port", "-1", /is "-1"/],
  ["port", "5432.0", /is "5432\.0"/],
  ["port", "0x1538", /is "0x1538"/],
  ["port", "1e3", /is "1e3"/],
  ["port", "05432", /is "05432"/],
  ["port", '" 5432 "', /is " 5432 "/],
  ["port", "54x2", /is "54x2"/],
  ["port", "[5432]", /is not a single value/],
  ["port", "{ main: 5432 }", /is not a single value/],
  ["host", "a.example,b.example", /must be one host name/],
  ["host", "db.example.net:5432", /must be without the port: set database\.port/],
  ["host", '"[::1]:5432"', /must be one host name/],
  ["host", "fe80::1%eth0", /must be an address without a zone/],
  ["host", "127.1", /must be a whole IP address/],
  ["host", "256.1.1.1", /must be a whole IP address/],
  ["host", "0x7f000001", /must be a whole IP address/],
  ["host", "db example", /must be one host name/],
  ["host", "dbé.example", /must be one host name/],
  ["host", "run/postgresql", /must be one host name/],
  ["host", '"@abstract"', /must be one host name/],
  ["host", "postgres://db.example.net", /must be one host name/],
  ["host", '"/run/a,b"', /must not hold a comma/],
  ["user", '"a\\0b"', /must not hold a NUL/],
  ["user", '"\\ud800"', /whole Unicode/],
  ["password", '"\\udc00 secret"', /"database\.password" must be whole Unicode/],
  ["password", "[a, b]", /"database\.password" is not a single value/],
  ["password", "!vault abc", /has a tag that means nothing here/],
  ["password", "!!binary aGVsbG8=", /has a tag/],
  ["password", "*secret", /names an anchor that is not there/],
  ["password", "&secret", /is an anchor without a value/],
  ["sslmode", "Require", /is "Require": must be one of .*did you mean "require"\?/],
  ["sslmode", "verify_full", /did you mean "verify-full"\?/],
  ["sslmode", "true", /must be one of disable, allow, prefer, require, verify-ca, verify-full$/],
  ["connect_timeout", "0", /must be seconds above 0/],
  ["connect_timeout", "-5", /must be seconds above 0/],
  ["connect_timeout", "2.5", /must be seconds above 0/],
  ["connect_timeout", "soon", /must be seconds above 0/],
  ["connect_timeout", "1000h", /must be seconds above 0/],
  ["sslcert", "client.pem", /"database\.sslcert" needs database\.sslkey/],
  ["sslkey", "client.key", /"database\.sslkey" needs database\.sslcert/],
];

for (const [key, value, message] of REFUSED) {
  Deno.test(`database.${key} may not be ${value}`, async () => {
    const error = await refusalOf(settingsOf(configWith({ [key]: value })), "config_invalid");
    assert.match(error.message, message);
    assert.match(error.details[0] ?? "", /config\.yaml:\d+:\d+: "database\.\w+" /);
    assert.doesNotMatch(error.message, /aGVsbG8|secret"|vault/);
  });
}

Deno.test("database.sslrootcert system is refused beside a weaker sslmode, as in libpq", async () => {
  const config = configWith({ sslrootcert: "system", sslmode: "require" });
  const error = await refusalOf(settingsOf(config), "config_invalid");
  assert.match(error.message, /"database\.sslmode" is "require": .*needs verify-full/);
});

Deno.test("database settings that are missing are all named, whatever else is wrong", async () => {
  const config = configWith({ host: undefined, dbname: '""', port: "0" });
  const error = await refusalOf(settingsOf(config), "dsn_incomplete");
  assert.match(error.message, /incomplete DSN, database\.host, database\.dbname missing in/);
  assert.match(error.details.join("\n"), /config\.yaml:4:9: "database\.port" is "0"/);
  assert.deepEqual(error.data["missing"], ["database.host", "database.dbname"]);
});

Deno.test("database settings that are missing under a misspelt key are found there", async () => {
  const config = configWith({ host: undefined, hsot: "localhost" });
  const error = await refusalOf(settingsOf(config), "dsn_incomplete");
  assert.match(error.details.join("\n"), /"database\.hsot" is not known .*did you mean "host"\?/);
});

for (const config of ["", "redis:\n  db: 0\n", "database:\n", "database: {}\n", "database: ~\n"]) {
  Deno.test(`a configuration ${JSON.stringify(config)} has no database`, async () => {
    const error = await refusalOf(settingsOf(config), "dsn_not_configured");
    assert.match(error.message, /^Database DSN not configured: /);
  });
}

Deno.test("a section with a name like database is pointed at", async () => {
  const error = await refusalOf(settingsOf("databse:\n  host: x\n"), "dsn_not_configured");
  assert.equal(error.hint, 'Rename the section "databse" to "database"');
});

Deno.test("an unknown key of database is a warning with a place, whatever it holds", async () => {
  const { warnings } = await settingsOf(
    configWith({ pasword: "x", "pool.max": "{ size: [1] }", Host: "y", entirely_else: "z" }),
  );
  const told = warnings.map((line) => line.replace(/^.*config\.yaml:/, ""));
  assert.deepEqual(told, [
    '5:12: "database.pasword" is not known and has no effect; did you mean "password"?',
    '6:13: "database.pool.max" is not known and has no effect',
    '7:9: "database.Host" is not known and has no effect; did you mean "host"?',
    '8:18: "database.entirely_else" is not known and has no effect',
  ]);
});

Deno.test("a password without a space behind its colon is not shown as a key", async () => {
  const { warnings } = await settingsOf(
    "database: { host: a, user: b, dbname: c, password:planted }\n",
  );
  assert.equal(warnings.length, 1);
  assert.doesNotMatch(warnings.join(), /planted/);
});

Deno.test("a password that ends with a line break is a warning", async () => {
  const { database, warnings } = await settingsOf(
    `${configWith()}  password: |\n    planted\n`,
  );
  assert.equal(database.password, "planted\n");
  assert.match(warnings.join(), /ends with a line break/);
});

Deno.test("a URL in the place of the host does not show its password", async () => {
  for (const host of ["postgres://hotpot:planted@db.example.net/x", "hotpot:pla@nted@db"]) {
    const error = await refusalOf(settingsOf(configWith({ host })), "config_invalid");
    assert.doesNotMatch(JSON.stringify([error.message, error.details, error.data]), /planted|nted/);
  }
});

Deno.test("parseDatabaseSection() shows no value that may be a secret", () => {
  const hidden = (text: string): Field => ({ text, hidden: true });
  const database = new Map<string, Field>([
    ["host", hidden("planted host")],
    ["port", hidden("planted-port")],
    ["user", { text: "u" }],
    ["password", { text: "planted-password" }],
    ["dbname", { text: "d" }],
    ["sslmode", hidden("planted-mode")],
    ["sslrootcert", { text: "system" }],
    ["connect_timeout", { text: "planted-password" }],
  ]);
  const { faults } = parseDatabaseSection({
    database,
    migrate: new Map(),
    source: "Vault x",
    folder: ".",
    warnings: [],
  });
  assert.equal(faults.length, 5);
  assert.ok(!JSON.stringify(faults).includes("planted"));
});
