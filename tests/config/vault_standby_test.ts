import assert from "node:assert/strict";
import { toolTest } from "../harness/tools.ts";
import { DATABASE, load, refusal, until } from "../harness/vault.ts";
import { type Cluster, startCluster } from "../harness/vault_cluster.ts";

/** Prepares a secret and who may read it, and returns how to log in at the standby. */
async function prepared(cluster: Cluster): Promise<Record<string, string>> {
  const post = async (path: string, body: unknown) => {
    const { body: answer, status } = await cluster.api("POST", path, body);
    assert.ok(status < 300, `${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  await post("sys/mounts/secret", { type: "kv", options: { version: "2" } });
  // The engine upgrades itself for a moment.
  await until(() => post("secret/data/hotpot/config", { data: { database: DATABASE } }));
  await post("sys/policies/acl/hotpot", {
    policy: 'path "secret/data/hotpot/config" { capabilities = ["read"] }',
  });
  await post("sys/auth/approle", { type: "approle" });
  await post("auth/approle/role/ci", { token_policies: ["hotpot"], token_ttl: "60s" });
  const role = await cluster.api("GET", "auth/approle/role/ci/role-id");
  const secret = await post("auth/approle/role/ci/secret-id", {});
  return {
    VAULT_ADDR: cluster.standby.address,
    VAULT_AUTH_METHOD: "approle",
    VAULT_ROLE_ID: role.body.data.role_id,
    VAULT_SECRET_ID: secret.data.secret_id,
    VAULT_MAX_RETRIES: "1",
  };
}

async function accessors(cluster: Cluster): Promise<readonly string[]> {
  return (await cluster.api("LIST", "auth/token/accessors")).body.data.keys.sort();
}

toolTest("bao", "Vault: a standby passes calls on, and nothing is left", async (program) => {
  await using cluster = await startCluster(program);
  const env = await prepared(cluster);
  const before = await accessors(cluster);
  {
    // What was written has to arrive at the standby first, which reads by itself.
    await using loaded = await until(() => load(env));
    assert.equal(loaded.settings.database.host, "db.internal");
    assert.equal((await accessors(cluster)).length, before.length + 1);
  }
  assert.deepEqual(await accessors(cluster), before);
  // The active node is gone, and of two nodes one cannot elect another.
  await cluster.active.kill();
  const error = await refusal(env);
  assert.equal(error.code, "vault_standby", error.message);
  assert.ok(error.hint?.includes(cluster.active.address), error.hint);
});

toolTest("bao", "Vault: a token goes to no other node than it was told", async (program) => {
  // Nothing listens where the standby would pass calls on to, so it points to the active node.
  await using cluster = await startCluster(program, {
    clusterAddress: "https://127.0.0.1:1",
    standbyReads: false,
  });
  const env = await prepared(cluster);
  for (
    const way of [env, {
      VAULT_ADDR: cluster.standby.address,
      VAULT_TOKEN: cluster.rootToken,
      VAULT_MAX_RETRIES: "1",
    }]
  ) {
    const error = await refusal(way);
    assert.equal(error.code, "vault_standby", error.message);
    assert.ok(error.hint?.includes(cluster.active.address), error.hint);
    // It would have been answered there.
    await using loaded = await load({ ...way, VAULT_ADDR: cluster.active.address });
    assert.equal(loaded.settings.database.host, "db.internal");
  }
});
