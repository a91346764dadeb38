import assert from "node:assert/strict";
import { createDatabase } from "../../harness/postgres.ts";
import { migrate } from "../../harness/program.ts";
import { toolTest } from "../../harness/tools.ts";
import { startVault } from "../../harness/vault.ts";
import { leavesNothing, prepareUsers } from "../../harness/vault_users.ts";

interface Look {
  readonly name: string;
  readonly state: string;
  readonly code?: string;
  readonly text: string;
  readonly fix?: string;
  readonly needs?: string;
}

function readLooks(out: string): (name: string) => Look {
  const { looks } = JSON.parse(out) as { readonly looks: readonly Look[] };
  return (name) => {
    const found = looks.find((look) => look.name === name);
    assert.ok(found !== undefined, `no look ${name}`);
    return found;
  };
}

toolTest("bao", "migrate doctor logs in to Vault, and revokes what it had made", async (bao) => {
  await using db = await createDatabase({ suffix: "_dev" });
  await using place = await prepareUsers(bao, db);
  await leavesNothing(place, async () => {
    const run = await place.run(["doctor", "--json", "--engine", "embedded"]);
    const look = readLooks(run.out);
    assert.equal(run.code, 0, run.out);
    assert.equal(look("configuration").text, "settings from Vault secret/hotpot/config");
    assert.match(look("vault").text, /^http:\/\/127\.0\.0\.1:\d+ lets us in \(approle\)$/);
    assert.match(look("login").text, new RegExp(`in the role ${place.owner}`));
    assert.equal(look("revocation").state, "ok");
  });
  const secret = place.env["VAULT_SECRET_ID"] ?? "";
  const text = await place.run(["doctor"]);
  assert.ok(!(text.out + text.err).includes(secret));
  // A token that may read and have users made, and not revoke them: that is told at the end.
  const token = await place.vault.tokenFor(
    `path "secret/data/hotpot/config" { capabilities = ["read"] }
path "database/creds/hotpot" { capabilities = ["read"] }`,
  );
  const weak = await place.run(["doctor", "--json"], {
    env: { VAULT_AUTH_METHOD: "token", VAULT_TOKEN: token },
  });
  const look = readLooks(weak.out);
  assert.deepEqual([look("revocation").state, look("revocation").code], ["warning", "not_revoked"]);
  assert.match(look("revocation").text, /sys\/leases\/revoke/);
  assert.ok(!weak.out.includes(token));
});

toolTest(
  "bao",
  "migrate doctor tells a Vault that refuses, and what it depends on",
  async (bao) => {
    await using vault = await startVault(bao);
    const env = {
      CONFIG_SOURCE: "vault",
      VAULT_ADDR: vault.address,
      VAULT_PATH: "secret/hotpot/config",
      VAULT_MAX_RETRIES: "0",
    };
    const denied = await vault.tokenFor('path "kv1/*" { capabilities = ["read"] }');
    const cases = [
      [{ VAULT_TOKEN: "planted-unknown" }, "vault_login_refused"],
      [{ VAULT_TOKEN: denied }, "vault_denied"],
      [{ VAULT_TOKEN: vault.rootToken }, "vault_secret_missing"],
      [{ VAULT_TOKEN: denied, VAULT_ADDR: "http://127.0.0.1:1" }, "vault_unreachable"],
      [{}, "vault_token_missing"],
    ] as const;
    for (const [more, code] of cases) {
      const run = await migrate(["doctor", "--json"], { ...env, ...more });
      const look = readLooks(run.out);
      assert.equal(run.code, 1);
      assert.equal(look("configuration").state, "ok");
      assert.deepEqual([look("vault").state, look("vault").code], ["fault", code]);
      assert.ok((look("vault").fix ?? "").length > 0);
      assert.deepEqual([look("dns").state, look("history").needs], ["unseen", "vault"]);
      assert.equal(look("migrations").state, "ok");
      assert.ok(!run.out.includes("planted-unknown") && !run.out.includes(denied));
    }
    const nowhere = await migrate(["doctor", "--json"], { CONFIG_SOURCE: "vault" });
    assert.equal(readLooks(nowhere.out)("configuration").code, "config_invalid");
  },
);

toolTest("bao", "migrate doctor tells a Vault that is sealed", async (bao) => {
  await using vault = await startVault(bao, { state: "sealed" });
  const run = await migrate(["doctor", "--json"], {
    CONFIG_SOURCE: "vault",
    VAULT_ADDR: vault.address,
    VAULT_PATH: "secret/hotpot/config",
    VAULT_TOKEN: "planted-token",
    VAULT_MAX_RETRIES: "0",
  });
  assert.equal(readLooks(run.out)("vault").code, "vault_sealed");
});
