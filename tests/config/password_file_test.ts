import assert from "node:assert/strict";
import { join } from "node:path";
import { readPasswordFile } from "../../src/config/password_file.ts";
import { folderOf } from "../harness/atlas.ts";
import { configWith, refusalOf, settingsOf } from "../harness/settings.ts";

/** Reads a password file with the given content, which only this user may read. */
async function read(content: string | Uint8Array) {
  await using folder = await folderOf({});
  const path = join(folder.path, "password");
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.writeFile(path, bytes, { mode: 0o600 });
  return await readPasswordFile(path);
}

const READ: Readonly<Record<string, string>> = {
  "secret": "secret",
  "secret\n": "secret",
  "secret\r\n": "secret",
  " a: b # c \n": " a: b # c ",
  "\ufeffsecret\n": "secret",
  "wörd😀\n": "wörd😀",
};

for (const [content, password] of Object.entries(READ)) {
  Deno.test(`readPasswordFile() reads ${JSON.stringify(content)}`, async () => {
    assert.deepEqual(await read(content), { password, warnings: [] });
  });
}

Deno.test("readPasswordFile() warns of several lines, all of which are the password", async () => {
  const { password, warnings } = await read("one\ntwo\n");
  assert.equal(password, "one\ntwo");
  assert.match(warnings.join(), /several lines/);
});

const REFUSED: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
  ["nothing", "", /is empty/],
  ["a line end", "\n", /is empty/],
  ["UTF-16", Uint8Array.of(0xff, 0xfe, 0x61, 0x00), /is not UTF-8 text/],
  ["a NUL", "planted\0", /is not UTF-8 text/],
  ["Latin-1", Uint8Array.of(0x61, 0xfc), /is not UTF-8 text/],
];

for (const [name, content, message] of REFUSED) {
  Deno.test(`readPasswordFile() refuses ${name}`, async () => {
    const error = await refusalOf(read(content), "config_unreadable");
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /planted/);
  });
}

Deno.test("readPasswordFile() refuses what is not there, and a folder", async () => {
  const missing = await refusalOf(readPasswordFile("nowhere"), "config_unreadable");
  assert.match(missing.message, /"nowhere" does not exist/);
  const folder = await refusalOf(readPasswordFile("tests"), "config_unreadable");
  assert.match(folder.message, /"tests" is a directory/);
});

Deno.test("database.password_file is relative to the configuration and secret", async () => {
  const config = configWith({ password_file: "secrets/database" });
  const { database, secrets } = await settingsOf(config, {
    files: { "secrets/database": "planted\n" },
  });
  assert.equal(database.password, "planted");
  assert.deepEqual(secrets, ["planted"]);
});

Deno.test("database.password_file cannot stand beside a password, but beside an empty one", async () => {
  const both = configWith({ password: "planted", password_file: "p" });
  const error = await refusalOf(settingsOf(both), "config_invalid");
  assert.match(error.message, /"database\.password_file" cannot stand beside database\.password/);
  const empty = configWith({ password: '""', password_file: "p" });
  const { database } = await settingsOf(empty, { files: { p: "planted" } });
  assert.equal(database.password, "planted");
});
