import assert from "node:assert/strict";
import { join, relative, resolve } from "node:path";
import { loadSettings } from "../../src/config/mod.ts";
import { folderOf } from "../harness/atlas.ts";
import { configWith, refusalOf, settingsOf, unattended } from "../harness/settings.ts";

Deno.test("loadSettings() takes the file of the flag before CONFIG_FILE", async () => {
  await using folder = await folderOf({
    "flag.yaml": configWith({ host: "from-flag" }),
    "env.yaml": configWith({ host: "from-env" }),
  });
  const load = async (configFile: string | undefined, file: string) => {
    const env = { CONFIG_FILE: join(folder.path, file) };
    const settings = await loadSettings({
      env,
      configFile,
      applicationName: "test",
      ...unattended(),
    });
    assert.ok(settings.source.startsWith(folder.path));
    return settings.database.host;
  };
  assert.equal(await load(join(folder.path, "flag.yaml"), "env.yaml"), "from-flag");
  assert.equal(await load(undefined, "env.yaml"), "from-env");
});

Deno.test("loadSettings() takes the file of the flag before CONFIG_SOURCE", async () => {
  await using folder = await folderOf({ "flag.yaml": configWith({ host: "from-flag" }) });
  const { database } = await loadSettings({
    env: { CONFIG_SOURCE: "vault" },
    configFile: join(folder.path, "flag.yaml"),
    applicationName: "test",
    ...unattended(),
  });
  assert.equal(database.host, "from-flag");
});

for (const env of [{}, { CONFIG_FILE: "" }, { CONFIG_SOURCE: "file" }, { CONFIG_SOURCE: "" }]) {
  Deno.test(`loadSettings() reads config.yaml under ${JSON.stringify(env)}`, async () => {
    const loading = loadSettings({
      env,
      configFile: undefined,
      applicationName: "test",
      ...unattended(),
    });
    const error = await refusalOf(loading, "config_missing");
    assert.match(error.message, /"config\.yaml" does not exist/);
  });
}

for (const source of ["fiel", "File", "FILE", " file", "valt", "etcd"]) {
  Deno.test(`loadSettings() refuses CONFIG_SOURCE=${source}`, async () => {
    const loading = settingsOf(configWith(), { env: { CONFIG_SOURCE: source } });
    const error = await refusalOf(loading, "config_invalid");
    assert.match(error.message, /CONFIG_SOURCE is ".*", must be file or vault/);
    assert.equal(/did you mean/.test(error.message), source !== "etcd");
  });
}

Deno.test("loadSettings() finds files beside the configuration", async () => {
  await using folder = await folderOf({});
  const absolute = join(folder.path, "key.pem");
  const { database } = await settingsOf(
    configWith({ sslrootcert: "tls/ca.pem", sslcert: "../cert.pem", sslkey: `'${absolute}'` }),
    { files: { "tls/x": "" } },
  );
  assert.match(database.sslrootcert ?? "", /[\\/]hotpot-test-\w+[\\/]tls[\\/]ca\.pem$/);
  assert.match(database.sslcert ?? "", /cert\.pem$/);
  assert.doesNotMatch(database.sslcert ?? "", /hotpot-test/);
  assert.equal(database.sslkey, absolute);
});

Deno.test("loadSettings() reads nothing else from the environment", async () => {
  const env = {
    PGHOST: "elsewhere",
    PGUSER: "somebody",
    PGPASSWORD: "planted",
    PGSSLMODE: "disable",
    PGDATABASE: "other",
    PGAPPNAME: "x",
  };
  const { database } = await settingsOf(configWith(), { env });
  assert.deepEqual(database, (await settingsOf(configWith())).database);
});

Deno.test("loadSettings() gives files by their absolute paths, because Atlas works elsewhere", async () => {
  await using folder = await folderOf({ "config.yaml": configWith({ sslrootcert: "ca.pem" }) });
  const configFile = relative(Deno.cwd(), join(folder.path, "config.yaml"));
  const { database } = await loadSettings({
    env: {},
    configFile,
    applicationName: "test",
    ...unattended(),
  });
  assert.equal(database.sslrootcert, resolve(folder.path, "ca.pem"));
});

const AUTHORITIES: readonly (readonly [Record<string, string>, string | undefined])[] = [
  [{ sslrootcert: "system" }, "/some/authorities.pem"],
  [{ sslmode: "verify-full" }, "/some/authorities.pem"],
  [{ sslmode: "verify-ca" }, "/some/authorities.pem"],
  [{ sslmode: "require" }, undefined],
  [{ sslmode: "verify-full", sslrootcert: "/own.pem" }, "/own.pem"],
];

for (const [changes, expected] of AUTHORITIES) {
  Deno.test(`SSL_CERT_FILE beside ${JSON.stringify(changes)} gives ${expected}`, async () => {
    const env = { SSL_CERT_FILE: "/some/authorities.pem" };
    const { database } = await settingsOf(configWith(changes), { env });
    assert.equal(database.sslrootcert, expected && resolve(expected));
  });
}

Deno.test("loadSettings() learns the client key, and lets others say what is wrong with it", async () => {
  const key = "-----BEGIN PRIVATE KEY-----\nplanted-line-of-the-key\n-----END PRIVATE KEY-----\n";
  const { secrets } = await settingsOf(configWith({ sslcert: "c", sslkey: "k", password: "p" }), {
    files: { k: key },
  });
  assert.deepEqual(secrets, ["p", key]);
  for (const sslkey of ["nowhere", "."]) {
    const { secrets } = await settingsOf(configWith({ sslcert: "c", sslkey }));
    assert.deepEqual(secrets, []);
  }
});

Deno.test("loadSettings() leaves a key alone that can be read but once", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using folder = await folderOf({});
  const pipe = join(folder.path, "key");
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  const { database, secrets } = await settingsOf(configWith({ sslcert: "c", sslkey: pipe }));
  assert.equal(database.sslkey, pipe);
  assert.deepEqual(secrets, []);
});
