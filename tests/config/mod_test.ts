import assert from "node:assert/strict";
import { join } from "node:path";
import { loadSettings } from "../../src/config/mod.ts";
import { folderOf } from "../harness/atlas.ts";
import { configWith, refusalOf, settingsOf } from "../harness/config.ts";

Deno.test("loadSettings() takes the file of the flag before CONFIG_FILE", async () => {
  await using folder = await folderOf({
    "flag.yaml": configWith({ host: "from-flag" }),
    "env.yaml": configWith({ host: "from-env" }),
  });
  const load = async (configFile: string | undefined, file: string) => {
    const env = { CONFIG_FILE: join(folder.path, file) };
    const settings = await loadSettings({ env, configFile, applicationName: "test" });
    assert.ok(settings.source.startsWith(folder.path));
    return settings.database.host;
  };
  assert.equal(await load(join(folder.path, "flag.yaml"), "env.yaml"), "from-flag");
  assert.equal(await load(undefined, "env.yaml"), "from-env");
});

for (const env of [{}, { CONFIG_FILE: "" }, { CONFIG_SOURCE: "file" }, { CONFIG_SOURCE: "" }]) {
  Deno.test(`loadSettings() reads config.yaml under ${JSON.stringify(env)}`, async () => {
    const loading = loadSettings({ env, configFile: undefined, applicationName: "test" });
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
