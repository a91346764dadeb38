import assert from "node:assert/strict";
import { join } from "node:path";
import { loadSettings } from "../../src/config/mod.ts";
import { folderOf } from "../harness/atlas.ts";
import { configWith, refusalOf, settingsOf, unattended } from "../harness/settings.ts";

const UNIX = { ignore: Deno.build.os === "windows" };

function load(configFile: string) {
  return loadSettings({ env: {}, configFile, applicationName: "test", ...unattended() });
}

Deno.test("the configuration of the ingest program is read, foreign sections and all", async () => {
  const { database, secrets, migrate } = await load("tests/testdata/config/ingest.yaml");
  assert.deepEqual(database, {
    host: "localhost",
    port: 5432,
    user: "postgres",
    password: "pa:ss@wörd/1",
    dbname: "hotpot_dev",
    sslmode: "disable",
    connectTimeoutMs: 10_000,
    applicationName: "test",
  });
  assert.deepEqual({ secrets, migrate }, { secrets: ["pa:ss@wörd/1"], migrate: {} });
});

Deno.test("a configuration in JSON is read", async () => {
  const { database } = await load("tests/testdata/config/secret.json");
  assert.equal(database.host, "db.internal");
  assert.equal(database.port, 6432);
  assert.equal(database.password, "planted-database-password");
  assert.equal(database.sslmode, "verify-full");
});

Deno.test("a configuration with a byte order mark is read", async () => {
  const { database } = await settingsOf(`\ufeff${configWith()}`);
  assert.equal(database.host, "localhost");
});

Deno.test("a configuration that does not exist is missing", async () => {
  const error = await refusalOf(load("tests/testdata/config/nowhere.yaml"), "config_missing");
  assert.match(error.message, /"tests\/testdata\/config\/nowhere\.yaml" does not exist/);
  assert.match(error.hint ?? "", /CONFIG_FILE/);
});

const utf16 = (text: string) =>
  new Uint8Array(new Uint16Array([...text].map((c) => c.charCodeAt(0))).buffer);

const UNREADABLE: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ["UTF-16 with its mark", utf16(`\ufeff${configWith()}`), /is not UTF-8 text/],
  ["UTF-16 without its mark", utf16(configWith()), /is not UTF-8 text/],
  ["Latin-1", Uint8Array.of(0x61, 0x3a, 0x20, 0xfc, 0x0a), /is not UTF-8 text/],
  ["a megabyte", new Uint8Array(1024 * 1024 + 1).fill(0x23), /is larger than 1 MiB/],
];

for (const [name, bytes, message] of UNREADABLE) {
  Deno.test(`a configuration of ${name} is refused`, async () => {
    const error = await refusalOf(settingsOf(bytes), "config_unreadable");
    assert.match(error.message, message);
  });
}

Deno.test("a configuration of 100 MB is refused before it is read", async () => {
  await using folder = await folderOf({ "config.yaml": "" });
  const path = join(folder.path, "config.yaml");
  await Deno.truncate(path, 100_000_000);
  const error = await refusalOf(load(path), "config_unreadable");
  assert.match(error.message, /is larger than 1 MiB/);
});

Deno.test("a device without an end is refused", UNIX, async () => {
  const error = await refusalOf(load("/dev/zero"), "config_unreadable");
  assert.match(error.message, /is larger than 1 MiB/);
});

Deno.test("a folder is refused", async () => {
  const error = await refusalOf(load("tests/testdata"), "config_unreadable");
  assert.match(error.message, /"tests\/testdata" is a directory/);
});

Deno.test("a file in the place of a folder is refused", UNIX, async () => {
  await refusalOf(load("deno.json/config.yaml"), "config_unreadable");
});

Deno.test("a configuration that this user may not read is refused", UNIX, async () => {
  await using folder = await folderOf({ "config.yaml": configWith() });
  const closed = join(folder.path, "config.yaml");
  await Deno.chmod(closed, 0o000);
  // To root the rights of files mean nothing; the first byte of its memory it cannot read either.
  const error = await refusalOf(
    load(Deno.uid() === 0 ? "/proc/self/mem" : closed),
    "config_unreadable",
  );
  assert.match(error.message, /is not readable/);
});

Deno.test("a configuration from a pipe is read", UNIX, async () => {
  await using folder = await folderOf({});
  const path = join(folder.path, "pipe");
  await new Deno.Command("mkfifo", { args: [path] }).output();
  const writing = Deno.writeTextFile(path, configWith({ password: "planted" }));
  const { database, warnings } = await load(path);
  await writing;
  assert.equal(database.password, "planted");
  assert.deepEqual(warnings, []);
});

Deno.test(
  "a configuration with a password that everybody may read is a warning",
  UNIX,
  async () => {
    await using folder = await folderOf({ "config.yaml": configWith({ password: "planted" }) });
    const path = join(folder.path, "config.yaml");
    await Deno.chmod(path, 0o644);
    assert.match((await load(path)).warnings.join(), /can be read by every user: chmod 600/);
    await Deno.chmod(path, 0o640);
    assert.deepEqual((await load(path)).warnings, []);
    await Deno.writeTextFile(path, configWith());
    await Deno.chmod(path, 0o644);
    assert.deepEqual((await load(path)).warnings, []);
  },
);
