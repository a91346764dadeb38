import assert from "node:assert/strict";
import { parseAnswer } from "../../src/config/vault/answer.ts";
import { toolTest } from "../harness/tools.ts";
import { DATABASE, load, refusal, startVault, type TestVault } from "../harness/vault.ts";

async function assertLoads(
  vault: TestVault,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await using loaded = await load({
    VAULT_ADDR: vault.address,
    VAULT_TOKEN: vault.rootToken,
    ...env,
  });
  const { host, password, port, sslmode } = loaded.settings.database;
  assert.deepEqual(
    { host, password, port, sslmode },
    {
      host: "db.internal",
      password: "planted-database-password",
      port: 6432,
      sslmode: "verify-full",
    },
  );
  assert.ok(loaded.secrets.all.includes("planted-database-password"));
}

toolTest("bao", "Vault: KV, what is found and what is told apart", async (program) => {
  await using vault = await startVault(program);
  const env = { VAULT_ADDR: vault.address, VAULT_TOKEN: vault.rootToken };
  const put = (path: string, body: unknown) => vault.api("POST", path, { body });
  await put("secret/data/hotpot/config", { data: { database: DATABASE, redis: { port: 1 } } });
  await put("kv1/hotpot/config", { database: DATABASE });
  await put("sys/mounts/team/a/kv", { type: "kv", options: { version: "2" } });
  await put("team/a/kv/data/db", { data: { database: DATABASE } });

  // every way to name the secret
  for (
    const path of [
      "secret/hotpot/config",
      "secret/data/hotpot/config",
      "/v1/secret/hotpot/config/",
      "kv1/hotpot/config",
      "team/a/kv/db",
    ]
  ) await assertLoads(vault, { VAULT_PATH: path });

  // both shapes, numbers as numbers and as texts
  const flat = Object.fromEntries(
    Object.entries(DATABASE).map(([key, value]) => [`database_${key}`, value]),
  );
  await put("secret/data/flat", { data: { ...flat, database_port: 6432, gcp_enabled: true } });
  await assertLoads(vault, { VAULT_PATH: "secret/flat" });
  await put("secret/data/text", { data: { database: JSON.stringify(DATABASE) } });
  await assertLoads(vault, { VAULT_PATH: "secret/text" });
  await put("secret/data/both", { data: { database: DATABASE, database_host: "elsewhere" } });
  await assertLoads(vault, { VAULT_PATH: "secret/both" });
  // a token that may read the secret, and nothing else: neither ask for mounts nor look itself up
  const narrow = await vault.tokenFor(
    `path "secret/data/hotpot/config" { capabilities = ["read"] }
     path "kv1/hotpot/config" { capabilities = ["read"] }
     path "team/a/kv/data/db" { capabilities = ["read"] }
     path "sys/internal/ui/mounts/*" { capabilities = ["deny"] }`,
    { no_default_policy: true },
  );
  await assertLoads(vault, { VAULT_TOKEN: narrow });
  await assertLoads(vault, { VAULT_TOKEN: narrow, VAULT_PATH: "kv1/hotpot/config" });
  await assertLoads(vault, {
    VAULT_TOKEN: narrow,
    VAULT_PATH: "kv1/hotpot/config",
    VAULT_KV_VERSION: "1",
  });
  await assertLoads(vault, {
    VAULT_TOKEN: narrow,
    VAULT_PATH: "team/a/kv/db",
    VAULT_KV_VERSION: "2",
    VAULT_KV_MOUNT: "team/a/kv",
  });

  // versions
  await put("secret/data/hotpot/config", { data: { database: { ...DATABASE, host: "newer" } } });
  {
    await using newest = await load(env);
    assert.equal(newest.settings.database.host, "newer");
    await using first = await load({ ...env, VAULT_SECRET_VERSION: "1" });
    assert.equal(first.settings.database.host, "db.internal");
  }
  const noVersion = await refusal({ ...env, VAULT_SECRET_VERSION: "9" });
  assert.equal(noVersion.code, "vault_secret_missing");
  assert.match(noVersion.message, /no version 9/);
  assert.equal(
    (await refusal({ ...env, VAULT_PATH: "kv1/hotpot/config", VAULT_SECRET_VERSION: "1" })).code,
    "config_invalid",
  );
  await vault.api("DELETE", "secret/data/hotpot/config");
  const deleted = await refusal(env);
  assert.equal(deleted.code, "vault_secret_deleted");
  assert.match(
    `${deleted.message} ${deleted.hint}`,
    /version 2 was deleted at .*undelete -versions=2/,
  );
  await put("secret/destroy/hotpot/config", { versions: [2] });
  assert.match((await refusal(env)).message, /version 2 was destroyed/);

  // what is not there
  assert.equal(
    (await refusal({ ...env, VAULT_PATH: "secret/nothing" })).code,
    "vault_secret_missing",
  );
  assert.equal((await refusal({ ...env, VAULT_PATH: "kv1/nothing" })).code, "vault_secret_missing");
  assert.equal((await refusal({ ...env, VAULT_PATH: "nowhere/x" })).code, "vault_mount_missing");
  const bad = await refusal({ ...env, VAULT_TOKEN: "hvs.nobody" });
  assert.equal(bad.code, "vault_login_refused");
  assert.ok(!JSON.stringify([bad.message, bad.hint, bad.details, bad.data]).includes("hvs.nobody"));
  const weak = await vault.tokenFor('path "secret/data/other" { capabilities = ["read"] }');
  const denied = await refusal({ ...env, VAULT_TOKEN: weak });
  assert.equal(denied.code, "vault_denied");
  assert.match(
    denied.hint ?? "",
    /path "secret\/data\/hotpot\/config" \{ capabilities = \["read"\] \}/,
  );

  // the same complete list of faults as for a file
  await put("secret/data/wrong", {
    data: { database: { host: "h h", port: "54x2", user: "u", dbname: "d", password: { a: 1 } } },
  });
  const wrong = await refusal({ ...env, VAULT_PATH: "secret/wrong" });
  assert.equal(wrong.code, "config_invalid");
  assert.equal(wrong.details.length, 3);
  await put("secret/data/none", { data: { redis: "x" } });
  assert.equal((await refusal({ ...env, VAULT_PATH: "secret/none" })).code, "dsn_not_configured");

  // namespaces
  assert.equal((await vault.api("POST", "sys/namespaces/unit", { body: {} })).status, 200);
  const inside = (path: string, body: unknown) =>
    vault.api("POST", path, { body, namespace: "unit" });
  await inside("sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await inside("secret/data/hotpot/config", { data: { database: DATABASE } });
  await assertLoads(vault, { VAULT_NAMESPACE: "unit" });
  await assertLoads(vault, { VAULT_NAMESPACE: "unit/" });
});

Deno.test("parseAnswer() leaves numbers as they were written", () => {
  const text = '{"data":{"password":12345678901234567890,"port":1e3,"deep":[0.10]}}';
  const answer = parseAnswer(200, new TextEncoder().encode(text));
  assert.ok(!("fault" in answer));
  assert.deepEqual(Object.fromEntries(answer.data), {
    password: "12345678901234567890",
    port: "1e3",
    deep: ["0.10"],
  });
});

Deno.test("Vault: every wrong variable is told at once", async () => {
  const error = await refusal({
    VAULT_ADDR: "vault:8200",
    VAULT_CLIENT_CERT: "x.pem",
    VAULT_SKIP_VERIFY: "maybe",
    VAULT_CLIENT_TIMEOUT: "soon",
    VAULT_MAX_RETRIES: "-1",
    VAULT_KV_VERSION: "3",
    VAULT_AUTH_METHOD: "approl",
    HTTPS_PROXY: "socks5://proxy:1",
    VAULT_TOKEN: "line\nfeed",
  });
  assert.equal(error.code, "config_invalid");
  assert.equal(error.details.length, 9);
  assert.match(error.details.join("\n"), /did you mean "approle"/);
  assert.ok(!error.details.join("\n").includes("feed"));
});
