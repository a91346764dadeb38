import assert from "node:assert/strict";
import { join } from "node:path";
import { readConfigFile } from "../src/config/file.ts";
import { readPasswordFile } from "../src/config/password_file.ts";
import { readSecretFile } from "../src/config/vault/secret_file.ts";
import { readTls } from "../src/config/vault/tls.ts";
import { readBytes } from "../src/declared/entries.ts";
import { findMigrations } from "../src/directory.ts";
import { type ErrorCode, MigrateError } from "../src/errors.ts";
import { FileOnDisk } from "../src/file_on_disk.ts";
import { outOfReach } from "../src/out_of_reach.ts";
import { readPemFiles } from "../src/postgres/pem_files.ts";
import { openReport } from "../src/report_file.ts";
import { databaseAt } from "./harness/postgres.ts";

/** As the programs are compiled: any file, and yet not everything. */
const AS_COMPILED = {
  ignore: Deno.build.os !== "linux",
  permissions: { read: true, write: true },
} as const;

const DATABASE = databaseAt("x");

/** Whatever uses a file that somebody names, with the code of its refusal. */
const USERS: readonly (readonly [string, ErrorCode, (path: string) => Promise<unknown>])[] = [
  ["the configuration", "config_unreadable", readConfigFile],
  ["a file with a password", "config_unreadable", readPasswordFile],
  [
    "a file with a token",
    "config_unreadable",
    (path) => readSecretFile("VAULT_TOKEN_FILE", { path }),
  ],
  ["Vault's authority", "tls_file", (caFile) => readTls({ caFile, verify: true }, () => {})],
  ["a key for Vault", "tls_file", (keyFile) => readTls({ keyFile, verify: true }, () => {})],
  ["sslrootcert", "tls_file", (sslrootcert) => readPemFiles({ ...DATABASE, sslrootcert })],
  ["sslkey", "tls_file", (path) => readPemFiles({ ...DATABASE, sslcert: path, sslkey: path })],
  ["a folder of migrations", "migrations_unreadable", findMigrations],
  [
    "a migration",
    "migrations_unreadable",
    // deno-lint-ignore require-await -- what it throws is to be awaited
    async (path) => new FileOnDisk("0001_a.sql", { file: path, path, mark: false }).text,
  ],
  ["a file of the declared schema", "schema_unreadable", readBytes],
  ["a report", "report_unwritable", openReport],
];

for (const [what, code, use] of USERS) {
  Deno.test(`outOfReach() tells that ${what} is below /dev`, AS_COMPILED, async () => {
    await assert.rejects(use("/dev/shm/hotpot-test"), (error) => {
      assert.ok(error instanceof MigrateError);
      assert.equal(error.code, code);
      assert.match(
        error.message,
        /"\/dev\/shm\/hotpot-test"(?:: it)? leads below \/dev, where this program may use no files$/,
      );
      assert.equal(error.hint, "Name one outside of /dev, /proc and /sys, as below /run");
      return true;
    });
  });
}

Deno.test("outOfReach() sees where a link leads", AS_COMPILED, async () => {
  const folder = await Deno.makeTempDir({ prefix: "hotpot-test-" });
  try {
    const link = join(folder, "config.yaml");
    await Deno.symlink("/proc/version", link);
    const error = await Deno.readTextFile(link).catch((error) => error);
    assert.match(outOfReach(error)?.state ?? "", /^leads below \/proc, /);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("outOfReach() takes no other error for that", { permissions: "none" }, async () => {
  const denied = await Deno.readTextFile("deno.json").catch((error) => error);
  assert.equal(denied.name, "NotCapable");
  for (const error of [denied, new Deno.errors.NotFound("/dev/x"), undefined]) {
    assert.equal(outOfReach(error), undefined);
  }
});
