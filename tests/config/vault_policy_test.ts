import assert from "node:assert/strict";
import { folderOf } from "../harness/atlas.ts";
import { createDatabase } from "../harness/postgres.ts";
import { migrate } from "../harness/program.ts";
import { migrationsFolder } from "../harness/run.ts";
import { toolTest } from "../harness/tools.ts";
import { until } from "../harness/vault.ts";
import { leavesNothing, POLICY, prepareUsers, type VaultUsers } from "../harness/vault_users.ts";

const READ = 'path "secret/data/hotpot/config" { capabilities = ["read"] }';
const MAY_REVOKE = 'path "sys/leases/revoke" { capabilities = ["update"] }';
const QUICK = { "bronze/0001_a.sql": "create schema bronze;\n" };
const SLOW = { "bronze/0001_a.sql": "select pg_sleep(3);\n" };

/** Logs in with AppRole from now on as a token of this kind. */
async function tokensAre(
  { vault }: VaultUsers,
  policy: string,
  kind: Readonly<Record<string, unknown>>,
): Promise<void> {
  await vault.api("POST", "sys/policies/acl/narrow", { body: { policy } });
  const body = { token_policies: ["narrow"], token_ttl: "5m", ...kind };
  const { status } = await vault.api("POST", "auth/approle/role/ci", { body });
  assert.equal(status, 204);
}

/** Ends what a run had to leave behind. */
async function revokeAll({ users, vault }: VaultUsers): Promise<void> {
  for (const prefix of ["database/creds", "auth/approle"]) {
    await vault.api("POST", `sys/leases/revoke-prefix/${prefix}`, { body: { sync: true } });
  }
  await until(async () => assert.deepEqual([...await users()], []));
}

toolTest("bao", "Vault: a 403 names the policy line that is lacking", async (program) => {
  await using db = await createDatabase();
  await using place = await prepareUsers(program, db);
  await using good = await migrationsFolder(QUICK);
  await using config = await folderOf({
    "config.yaml":
      "database:\n  host: vault://secret/hotpot/db#host\n  user: u\n  dbname: x\n  sslmode: disable\n",
  });
  const lines = (hint: string) => hint.match(/path "[^"]+" \{ capabilities = \["\w+"\] \}/g) ?? [];
  const nothing = 'path "unused" { capabilities = ["read"] }';
  const cases: readonly {
    readonly policy: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly args?: readonly string[];
    readonly lacks: readonly string[];
  }[] = [
    // the secret: a token that may ask where it is mounted, and one that may not even do that
    {
      policy: 'path "secret/data/hotpot/*" { capabilities = ["list"] }',
      lacks: [READ],
    },
    {
      policy: nothing,
      lacks: [READ, 'path "secret/hotpot/config" { capabilities = ["read"] }'],
    },
    {
      policy: nothing,
      env: { VAULT_PATH: "kv1/hotpot/config", VAULT_KV_VERSION: "1" },
      lacks: ['path "kv1/hotpot/config" { capabilities = ["read"] }'],
    },
    // the user of the database
    {
      policy: READ,
      lacks: ['path "database/creds/hotpot" { capabilities = ["read"] }'],
    },
    // a reference in a file
    {
      policy: nothing,
      args: ["--config", `${config.path}/config.yaml`],
      env: { VAULT_KV_VERSION: "2" },
      lacks: ['path "secret/data/hotpot/db" { capabilities = ["read"] }'],
    },
  ];
  for (const withDefault of [true, false]) {
    for (const { args = [], env = {}, lacks, policy } of cases) {
      const name = JSON.stringify({ withDefault, policy, env, args });
      await tokensAre(place, policy, { token_no_default_policy: !withDefault });
      const run = await place.run(["--json", "--migrations", good.path, ...args], { env });
      const { error } = JSON.parse(run.out);
      assert.equal(error.code, "vault_denied", name);
      assert.deepEqual([...lines(error.hint)], lacks, name);
      await revokeAll(place);
    }
  }
  // a token that Vault does not know is none that lacks a policy
  const { VAULT_AUTH_METHOD: _, ...env } = place.env;
  const unknown = await migrate(["--json", "--migrations", good.path], {
    ...env,
    VAULT_TOKEN: "s.nobody",
  });
  assert.equal(JSON.parse(unknown.out).error.code, "vault_login_refused");
  // and the lines that were asked for are all that it takes
  await tokensAre(place, POLICY, { token_no_default_policy: false });
  await leavesNothing(place, async () => {
    const done = await place.run(["--migrations", good.path]);
    assert.equal(done.code, 0, done.err);
    assert.doesNotMatch(done.err, /warning/);
  });
});

toolTest(
  "bao",
  "Vault: what may not be renewed or revoked is told with its line",
  async (program) => {
    await using db = await createDatabase();
    await using place = await prepareUsers(program, db);
    await using slow = await migrationsFolder(SLOW);
    await tokensAre(place, POLICY.replace("creds/hotpot", "creds/*"), {
      token_no_default_policy: true,
      token_ttl: "2s",
    });
    const run = await place.run(["--engine", "embedded", "--migrations", slow.path], {
      env: { VAULT_DB_CREDS: "database/creds/brief" },
    });
    const warned = (path: string) =>
      new RegExp(`warning: .*path "${path}" \\{ capabilities = \\["update"\\] \\}`);
    assert.match(run.err, warned("auth/token/renew-self"), run.err);
    assert.match(run.err, warned("sys/leases/renew"));
    await revokeAll(place);
    // long enough to be there at the end, and not ours to end
    await tokensAre(place, POLICY, { token_no_default_policy: true });
    await using quick = await migrationsFolder({ "bronze/0002_b.sql": "select 1;\n" });
    const left = await place.run([
      "--engine",
      "embedded",
      "--migrations",
      quick.path,
      "--allow-changed",
    ]);
    assert.match(left.err, warned("auth/token/revoke-self"), left.err);
    assert.match(left.err, warned("sys/leases/revoke"));
    assert.equal((await place.users()).length, 1);
    await revokeAll(place);
  },
);

toolTest("bao", "Vault: tokens of other kinds leave nothing behind", async (program) => {
  await using db = await createDatabase();
  await using place = await prepareUsers(program, db);
  await using quick = await migrationsFolder(QUICK);
  const args = ["--engine", "embedded", "--migrations", quick.path];
  // Vault ends a token that was used as often as it may be, and there is nothing to warn of.
  await tokensAre(place, READ, { token_num_uses: 2 });
  await leavesNothing(place, async () => {
    const refused = await place.run(args, { env: { VAULT_DB_CREDS: "" } });
    // There is a secret, and no such user.
    assert.match(refused.err, /error\[\w*(?:login|permission|connection)\w*\]/);
    assert.doesNotMatch(refused.err, /warning/);
  });
  // A batch token ends by itself, and the user that it had made has to be ended by its lease.
  await tokensAre(place, `${POLICY}\n${MAY_REVOKE}`, { token_type: "batch", token_num_uses: 0 });
  await leavesNothing(place, async () => {
    const done = await place.run(args);
    assert.equal(done.code, 0, done.err);
    assert.doesNotMatch(done.err, /warning/);
  });
});
