import assert from "node:assert/strict";
import { dirname } from "node:path";
import { administer, server, type TestDatabase } from "./postgres.ts";
import { genmigrate, migrate, type ProgramRun } from "./program.ts";
import { tools } from "./tools.ts";
import { DATABASE, startVault, type TestVault, until } from "./vault.ts";

/** What a token needs to read the settings and to have a user made. */
export const POLICY = `path "secret/data/hotpot/config" { capabilities = ["read"] }
path "database/creds/hotpot" { capabilities = ["read"] }`;

/** A server whose database engine makes users for a database, in a role that owns everything. */
export interface VaultUsers extends AsyncDisposable {
  readonly vault: TestVault;
  readonly owner: string;
  readonly env: Record<string, string>;
  /** Runs `migrate` with the settings from there. */
  run(args: readonly string[], options?: RunOptions): Promise<ProgramRun>;
  /** Runs `genmigrate` with them. */
  generate(args: readonly string[], options?: RunOptions): Promise<ProgramRun>;
  users(): Promise<readonly unknown[]>;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Starts a server and prepares it; everything is gone afterwards. */
export async function prepareUsers(program: string, db: TestDatabase): Promise<VaultUsers> {
  const vault = await startVault(program);
  const { host, port } = server();
  const owner = `owner_${db.name}`;
  await administer(`create role ${owner}; grant create on database ${db.name} to ${owner}`);
  const post = async (path: string, body: unknown) => {
    const answer = await vault.api("POST", path, { body });
    assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`);
  };
  const { password: _, ...rest } = DATABASE;
  const database = { ...rest, host, port, dbname: db.name, sslmode: "disable", role: owner };
  await post("secret/data/hotpot/config", { data: { database } });
  await post("sys/mounts/database", { type: "database" });
  await post("database/config/test", {
    plugin_name: "postgresql-database-plugin",
    connection_url:
      `postgresql://{{username}}:{{password}}@${host}:${port}/${db.name}?sslmode=disable`,
    username: "postgres",
    password: "any",
    allowed_roles: "*",
  });
  const role = (ttl: string) => ({
    db_name: "test",
    creation_statements: [`create role "{{name}}" login password '{{password}}' in role ${owner}`],
    default_ttl: ttl,
    max_ttl: "10m",
  });
  await post("database/roles/hotpot", role("1m"));
  await post("database/roles/brief", role("1s"));
  await post("sys/policies/acl/hotpot", { policy: POLICY.replace("creds/hotpot", "creds/*") });
  await post("sys/auth/approle", { type: "approle" });
  await post("auth/approle/role/ci", { token_policies: ["hotpot"], token_ttl: "5m" });
  const id = (await vault.api("GET", "auth/approle/role/ci/role-id")).body.data.role_id;
  const secret = await vault.api("POST", "auth/approle/role/ci/secret-id", { body: {} });
  const env = {
    CONFIG_SOURCE: "vault",
    VAULT_ADDR: vault.address,
    VAULT_PATH: "secret/hotpot/config",
    VAULT_DB_CREDS: "database/creds/hotpot",
    VAULT_AUTH_METHOD: "approle",
    VAULT_ROLE_ID: id,
    VAULT_SECRET_ID: secret.body.data.secret_id,
    PATH: tools.atlas === undefined ? "" : dirname(tools.atlas),
  };
  return {
    vault,
    owner,
    env,
    run: (args, options = {}) => migrate(args, { ...env, ...options.env }, options.signal),
    generate: (args, options = {}) => genmigrate(args, { ...env, ...options.env }, options.signal),
    users: () =>
      administer(
        `select rolname from pg_roles r join pg_auth_members m on m.member = r.oid
         where m.roleid = '${owner}'::regrole`,
      ),
    async [Symbol.asyncDispose]() {
      await db.sql(`reassign owned by ${owner} to postgres; drop owned by ${owner} cascade`);
      await administer(
        `do $$ declare r record; begin for r in select rolname from pg_roles q
           join pg_auth_members m on m.member = q.oid where m.roleid = '${owner}'::regrole
         loop execute format('drop role %I', r.rolname); end loop; end $$; drop role ${owner}`,
      );
      await vault[Symbol.asyncDispose]();
    },
  };
}

/** Runs, and demands that neither a token nor a user is left on the servers. */
export async function leavesNothing(place: VaultUsers, act: () => Promise<void>): Promise<void> {
  const before = await place.vault.accessors();
  await act();
  // With its token a lease ends a moment later.
  await until(async () => assert.deepEqual([...await place.users()], []));
  assert.deepEqual([...await place.vault.accessors()].sort(), [...before].sort());
}
