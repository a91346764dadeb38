import assert from "node:assert/strict";
import { Secrets } from "../../src/redact.ts";
import { folderOf } from "../harness/atlas.ts";
import { makeSigner } from "../harness/jwt.ts";
import { toolTest } from "../harness/tools.ts";
import {
  DATABASE,
  freePorts,
  load,
  refusal,
  startVault,
  type TestVault,
  until,
} from "../harness/vault.ts";

const POLICY = 'path "secret/data/hotpot/config" { capabilities = ["read"] }';

/** A server with the secret, a policy that may read it, and everything that can log in. */
async function prepared(program: string): Promise<TestVault> {
  const vault = await startVault(program);
  const post = (path: string, body: unknown) => vault.api("POST", path, { body });
  await post("secret/data/hotpot/config", { data: { database: DATABASE } });
  await post("sys/policies/acl/hotpot", { policy: POLICY });
  await post("sys/auth/approle", { type: "approle" });
  await post("sys/auth/jwt", { type: "jwt" });
  await post("auth/approle/role/ci", { token_policies: ["hotpot"], token_ttl: "60s" });
  await post("auth/approle/role/blind", { token_ttl: "60s" });
  return vault;
}

async function appRole(vault: TestVault, role: string): Promise<Record<string, string>> {
  const id = (await vault.api("GET", `auth/approle/role/${role}/role-id`)).body.data.role_id;
  const secret = await vault.api("POST", `auth/approle/role/${role}/secret-id`, { body: {} });
  return {
    VAULT_ADDR: vault.address,
    VAULT_AUTH_METHOD: "approle",
    VAULT_ROLE_ID: id,
    VAULT_SECRET_ID: secret.body.data.secret_id,
  };
}

/** Runs, and demands that the server has as many tokens afterwards as before. */
async function leavesNoToken(vault: TestVault, act: () => Promise<void>): Promise<void> {
  const before = await vault.accessors();
  await act();
  assert.deepEqual([...await vault.accessors()].sort(), [...before].sort());
}

toolTest("bao", "Vault: tokens given, in a variable and in files", async (program) => {
  await using vault = await prepared(program);
  const token = await vault.tokenFor(POLICY);
  await using folder = await folderOf({ token: `${token}\n`, ".vault-token": `${token}\n` });
  await Deno.chmod(`${folder.path}/token`, 0o600);
  await Deno.chmod(`${folder.path}/.vault-token`, 0o600);
  const env = { VAULT_ADDR: vault.address };
  for (
    const way of [
      { VAULT_TOKEN: ` ${token}\n` },
      { VAULT_TOKEN_FILE: `${folder.path}/token` },
      { HOME: folder.path },
    ]
  ) {
    await using loaded = await load({ ...env, ...way });
    assert.equal(loaded.settings.database.host, "db.internal");
    assert.ok(loaded.secrets.all.includes(token));
  }
  // It was given, so it stays.
  assert.equal(await vault.knows(token), true);
  assert.equal((await refusal({ ...env, HOME: "/nonexistent" })).code, "vault_token_missing");
  assert.equal((await refusal(env)).code, "vault_token_missing");
  if (Deno.build.os === "windows") return;
  await Deno.chmod(`${folder.path}/token`, 0o644);
  const open = await refusal({ ...env, VAULT_TOKEN_FILE: `${folder.path}/token` });
  assert.equal(open.code, "secret_file_open");
  assert.match(open.hint ?? "", /chmod 600/);
});

toolTest("bao", "Vault: AppRole, and nothing is left of it", async (program) => {
  await using vault = await prepared(program);
  const env = await appRole(vault, "ci");
  await leavesNoToken(vault, async () => {
    await using loaded = await load(env);
    assert.equal(loaded.settings.database.host, "db.internal");
    assert.equal(loaded.secrets.all.length, 3);
    assert.ok(loaded.secrets.all.includes(env["VAULT_SECRET_ID"] ?? ""));
  });
  // after every kind of failure
  const blind = await appRole(vault, "blind");
  await vault.api("POST", "secret/data/wrong", { body: { data: { database: { port: "x" } } } });
  const cases: readonly (readonly [Record<string, string>, string])[] = [
    [{ ...env, VAULT_PATH: "secret/nothing" }, "vault_denied"],
    [blind, "vault_denied"],
    [{ ...env, VAULT_SECRET_VERSION: "7" }, "vault_secret_missing"],
    [{ ...env, VAULT_DB_CREDS: "database/creds/x" }, "vault_denied"],
    [{ ...env, VAULT_SECRET_ID: "wrong" }, "vault_login_refused"],
    [{ ...env, VAULT_ROLE_ID: "wrong" }, "vault_login_refused"],
    [{ ...env, VAULT_AUTH_MOUNT: "other" }, "vault_login_refused"],
  ];
  for (const [changed, code] of cases) {
    await leavesNoToken(vault, async () => {
      const error = await refusal(changed);
      assert.equal(error.code, code, error.message);
      assert.ok(
        !`${error.message}${error.hint}${error.details}`.includes(env["VAULT_SECRET_ID"] ?? "-"),
      );
    });
  }
  // told to stop just after the log-in
  await leavesNoToken(vault, async () => {
    const stop = new AbortController();
    const secrets = new (class extends Secrets {
      override readonly learn = (_secret: string): void => {
        if (_secret.startsWith("s.")) stop.abort("SIGINT");
      };
    })();
    assert.equal((await refusal(env, { signal: stop.signal, secrets })).code, "interrupted");
  });
  // told to stop while the answer with the token is on its way
  await leavesNoToken(vault, async () => {
    const stop = new AbortController();
    await using slow = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        const url = new URL(request.url);
        const answer = await fetch(`${vault.address}${url.pathname}`, {
          method: request.method,
          headers: { "x-vault-token": request.headers.get("x-vault-token") ?? "" },
          body: await request.text(),
        });
        stop.abort("SIGINT");
        const text = await answer.text();
        return new Response(text === "" ? null : text, { status: answer.status });
      },
    );
    const error = await refusal(
      { ...env, VAULT_ADDR: `http://127.0.0.1:${slow.addr.port}` },
      { signal: stop.signal },
    );
    assert.equal(error.code, "interrupted");
  });
});

toolTest("bao", "Vault: everything happens in the namespace", async (program) => {
  await using vault = await startVault(program);
  await vault.api("POST", "sys/namespaces/unit", { body: {} });
  await vault.api("POST", "sys/namespaces/team", { body: {}, namespace: "unit" });
  const namespace = "unit/team";
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await vault.api(method, path, { body, namespace });
    assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  await call("POST", "sys/mounts/kv/a", { type: "kv", options: { version: "2" } });
  await until(() => call("GET", "kv/a/config"));
  await call("POST", "kv/a/data/db", { data: { database: DATABASE } });
  await call("POST", "sys/policies/acl/hotpot", {
    policy: 'path "kv/a/data/db" { capabilities = ["read"] }',
  });
  await call("POST", "sys/auth/approle", { type: "approle" });
  await call("POST", "auth/approle/role/ci", { token_policies: ["hotpot"], token_ttl: "60s" });
  const role = await call("GET", "auth/approle/role/ci/role-id");
  const secret = await call("POST", "auth/approle/role/ci/secret-id", {});
  const env = {
    VAULT_ADDR: vault.address,
    VAULT_NAMESPACE: namespace,
    VAULT_PATH: "kv/a/db",
    VAULT_AUTH_METHOD: "approle",
    VAULT_ROLE_ID: role.data.role_id,
    VAULT_SECRET_ID: secret.data.secret_id,
  };
  const tokens = async () => {
    const { body } = await vault.api("LIST", "auth/token/accessors", { namespace });
    return [...body.data?.keys ?? []].sort();
  };
  const before = await tokens();
  {
    await using loaded = await load(env);
    assert.equal(loaded.settings.database.host, "db.internal");
    assert.equal((await tokens()).length, before.length + 1);
  }
  const denied = await refusal({ ...env, VAULT_PATH: "kv/a/other" });
  assert.equal(denied.code, "vault_denied");
  // As it stands in a policy of that namespace.
  assert.match(denied.hint ?? "", /path "kv\/a\/data\/other" \{ capabilities = \["read"\] \}/);
  const outside = await refusal({ ...env, VAULT_NAMESPACE: "unit" });
  assert.equal(outside.code, "vault_login_refused");
  assert.match(`${outside.hint}`, /VAULT_AUTH_MOUNT|VAULT_NAMESPACE/);
  assert.equal((await refusal({ ...env, VAULT_NAMESPACE: "nowhere" })).code, "vault_login_refused");
  assert.deepEqual(await tokens(), before);
});

toolTest("bao", "Vault: a secret id in its wrapping", async (program) => {
  await using vault = await prepared(program);
  const { VAULT_SECRET_ID: _, ...env } = await appRole(vault, "ci");
  const path = "auth/approle/role/ci/secret-id";
  const wrap = async (of: string) => {
    const answer = await fetch(`${vault.address}/v1/${of}`, {
      method: "POST",
      headers: { "x-vault-token": vault.rootToken, "x-vault-wrap-ttl": "60s" },
      body: "{}",
    });
    return (await answer.json()).wrap_info.token as string;
  };
  const wrapped = await wrap(path);
  await using folder = await folderOf({ id: wrapped });
  await Deno.chmod(`${folder.path}/id`, 0o600);
  const way = {
    ...env,
    VAULT_SECRET_ID_FILE: `${folder.path}/id`,
    VAULT_SECRET_ID_WRAPPING_PATH: path,
  };
  {
    await using loaded = await load(way);
    assert.equal(loaded.settings.database.host, "db.internal");
  }
  const second = await refusal(way);
  assert.equal(second.code, "vault_login_refused");
  assert.match(second.hint ?? "", /somebody else/);
  const trick = await refusal({
    ...env,
    VAULT_SECRET_ID: await wrap("auth/approle/role/blind/secret-id"),
    VAULT_SECRET_ID_WRAPPING_PATH: path,
  });
  assert.match(trick.message, /made at "auth\/approle\/role\/blind\/secret-id"/);
});

toolTest("bao", "Vault: JWT, GitHub Actions and Kubernetes", async (program) => {
  await using vault = await prepared(program);
  const signer = await makeSigner();
  const post = async (path: string, body: unknown) => {
    const answer = await vault.api("POST", path, { body });
    assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`);
  };
  await post("auth/jwt/config", { jwt_validation_pubkeys: [signer.publicKey] });
  await post("auth/jwt/role/ci", {
    role_type: "jwt",
    user_claim: "sub",
    bound_audiences: ["hotpot"],
    token_policies: ["hotpot"],
    token_ttl: "60s",
  });
  const jwt = await signer.sign({ sub: "repo:hotpot", aud: "hotpot" });
  const env = { VAULT_ADDR: vault.address, VAULT_AUTH_METHOD: "jwt", VAULT_AUTH_ROLE: "ci" };
  await leavesNoToken(vault, async () => {
    await using loaded = await load({ ...env, VAULT_JWT: jwt });
    assert.equal(loaded.settings.database.host, "db.internal");
    assert.ok(loaded.secrets.all.includes(jwt));
  });
  const foreign = await signer.sign({ sub: "repo:hotpot", aud: "other" });
  assert.equal((await refusal({ ...env, VAULT_JWT: foreign })).code, "vault_login_refused");
  assert.equal((await refusal(env)).code, "config_invalid");

  const account = await signer.sign({
    sub: "system:serviceaccount:data:migrate",
    aud: ["vault"],
    "kubernetes.io": { namespace: "data", serviceaccount: { name: "migrate", uid: "1" } },
  });

  const stranger = await signer.sign({
    sub: "system:serviceaccount:data:stranger",
    aud: ["vault"],
    "kubernetes.io": { namespace: "data", serviceaccount: { name: "stranger", uid: "2" } },
  });

  let busy = 2;
  // GitHub's end and the Kubernetes API: both answer as their documentation says.
  await using others = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const url = new URL(request.url);
      if (url.pathname === "/busy" && busy-- > 0) return new Response("busy", { status: 503 });
      if (url.pathname === "/github" || url.pathname === "/busy") {
        const known = request.headers.get("authorization") === "Bearer planted-request-token";
        const aud = url.searchParams.get("audience");
        return known
          ? Response.json({ value: await signer.sign({ sub: "repo:hotpot", aud }) })
          : Response.json({ message: "no" }, { status: 401 });
      }
      const review = await request.json();
      const authenticated = review.spec.token === account;
      const user = { username: "system:serviceaccount:data:migrate", uid: "1", groups: [] };
      return Response.json({
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        status: authenticated
          ? { authenticated, user, audiences: review.spec.audiences }
          : { authenticated },
      }, { status: 201 });
    },
  );
  const there = `http://127.0.0.1:${others.addr.port}`;
  const github = {
    ...env,
    VAULT_JWT_AUDIENCE: "hotpot",
    ACTIONS_ID_TOKEN_REQUEST_URL: `${there}/github?api-version=2`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "planted-request-token",
  };
  {
    await using loaded = await load(github);
    assert.equal(loaded.settings.database.host, "db.internal");
    assert.ok(loaded.secrets.all.includes("planted-request-token"));
  }
  {
    await using loaded = await load({
      ...github,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${there}/busy?api-version=2`,
    });
    assert.equal(loaded.settings.database.host, "db.internal");
    assert.equal(busy, -1);
  }
  // GitHub's token is for another audience than Vault wants.
  const elsewhere = await refusal({ ...github, VAULT_JWT_AUDIENCE: "https://github.com/other" });
  assert.equal(elsewhere.code, "vault_login_refused");
  assert.match(elsewhere.hint ?? "", /bound audiences/);
  const denied = await refusal({ ...github, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "x" });
  assert.equal(denied.code, "identity_token");

  await post("sys/auth/clusters/one", { type: "kubernetes" });
  await post("auth/clusters/one/config", {
    kubernetes_host: there,
    disable_local_ca_jwt: true,
    token_reviewer_jwt: account,
    kubernetes_ca_cert: await Deno.readTextFile("tests/testdata/vault_tls/authority.pem"),
  });
  await post("auth/clusters/one/role/migrate", {
    bound_service_account_names: ["migrate"],
    bound_service_account_namespaces: ["data"],
    token_policies: ["hotpot"],
    token_ttl: "60s",
  });
  await using folder = await folderOf({ jwt: account });
  await Deno.chmod(`${folder.path}/jwt`, 0o600);
  await post("auth/clusters/one/role/other", {
    bound_service_account_names: ["other"],
    bound_service_account_namespaces: ["data"],
    token_policies: ["hotpot"],
  });
  await Deno.writeTextFile(`${folder.path}/stranger`, stranger, { mode: 0o600 });
  const cluster = {
    VAULT_ADDR: vault.address,
    VAULT_AUTH_METHOD: "kubernetes",
    VAULT_AUTH_MOUNT: "clusters/one",
    VAULT_AUTH_ROLE: "migrate",
    VAULT_JWT_FILE: `${folder.path}/jwt`,
  };
  await leavesNoToken(vault, async () => {
    await using loaded = await load(cluster);
    assert.equal(loaded.settings.database.host, "db.internal");
  });
  const failures: readonly (readonly [Record<string, string>, string, RegExp])[] = [
    // an account that the cluster does not know
    [{ VAULT_JWT_FILE: `${folder.path}/stranger` }, "vault_login_refused", /service account/],
    // one that the role is not for
    [{ VAULT_AUTH_ROLE: "other" }, "vault_login_refused", /bound to this service account/],
    [{ VAULT_AUTH_ROLE: "nobody" }, "vault_login_refused", /VAULT_AUTH_ROLE/],
    [{ VAULT_AUTH_MOUNT: "clusters/two" }, "vault_login_refused", /VAULT_AUTH_MOUNT/],
    [{ VAULT_JWT_FILE: `${folder.path}/nowhere` }, "config_unreadable", /exists/],
    // by default, the one of the pod: there is none here
    [{ VAULT_JWT_FILE: "" }, "config_unreadable", /exists/],
    // logged in, and then something else is wrong
    [{ VAULT_PATH: "secret/nothing" }, "vault_denied", /policy/],
  ];
  for (const [changes, code, hint] of failures) {
    await leavesNoToken(vault, async () => {
      const error = await refusal({ ...cluster, ...changes });
      assert.equal(error.code, code, error.message);
      assert.match(error.hint ?? "", hint);
      const shown = [error.message, error.hint, ...error.details].join();
      assert.ok(!shown.includes(account) && !shown.includes(stranger), shown);
    });
  }
  // The cluster's API is gone.
  await post("auth/clusters/one/config", {
    kubernetes_host: "http://127.0.0.1:1",
    disable_local_ca_jwt: true,
    token_reviewer_jwt: account,
    kubernetes_ca_cert: await Deno.readTextFile("tests/testdata/vault_tls/authority.pem"),
  });
  const lost = await refusal({ ...cluster, VAULT_MAX_RETRIES: "0" });
  assert.match(lost.code, /^vault_(?:failed|login_refused)$/, lost.message);
});

toolTest("bao", "Vault: through a real Agent, without a token", async (program) => {
  await using vault = await prepared(program);
  const env = await appRole(vault, "ci");
  await leavesNoToken(vault, async () => {
    await using agent = await startAgent(program, { vault, ...env });
    const loaded = await until(() => load({ VAULT_AGENT_ADDR: agent.address }));
    assert.equal(loaded.settings.database.host, "db.internal");
    const before = await vault.accessors();
    await loaded[Symbol.asyncDispose]();
    // The Agent's token is the Agent's.
    assert.deepEqual([...await vault.accessors()].sort(), [...before].sort());
    await vault.api("POST", "sys/leases/revoke-prefix/auth/approle", { body: { sync: true } });
  });
});

toolTest("bao", "Vault: an Agent that cannot help is told as such", async (program) => {
  await using vault = await prepared(program);
  const lacking = async (
    options: Readonly<Record<string, string>>,
    at: Pick<TestVault, "address"> = vault,
  ) => {
    await using agent = await startAgent(program, { vault: at, ...options });
    const once = { VAULT_MAX_RETRIES: "0", VAULT_CLIENT_TIMEOUT: "2s" };
    return await refusal({ VAULT_AGENT_ADDR: agent.address, ...once });
  };
  const env = await appRole(vault, "ci");
  const unknown = await lacking({ ...env, VAULT_SECRET_ID: "wrong" });
  assert.equal(unknown.code, "vault_login_refused", unknown.message);
  assert.match(`${unknown.message} ${unknown.hint}`, /the Agent has no token .*the Agent's log/);
  const lost = await lacking(env, { address: "http://127.0.0.1:1" });
  assert.match(lost.code, /^vault_(?:timeout|failed)$/, lost.message);
  const gone = await refusal({ VAULT_AGENT_ADDR: "http://127.0.0.1:1", VAULT_MAX_RETRIES: "0" });
  assert.equal(gone.code, "vault_unreachable");
  const nowhere = await refusal({
    VAULT_AGENT_ADDR: "unix:///nonexistent",
    VAULT_MAX_RETRIES: "0",
  });
  assert.equal(nowhere.code, "vault_unreachable");
  assert.match(nowhere.hint ?? "", /VAULT_AGENT_ADDR/);
});

/** Starts a real Agent that logs in with AppRole, and waits until it listens. */
async function startAgent(
  program: string,
  { vault, ...env }:
    & { readonly vault: Pick<TestVault, "address"> }
    & Readonly<Record<string, unknown>>,
): Promise<AsyncDisposable & { readonly address: string }> {
  const [port = 0] = freePorts(1);
  const folder = await folderOf({
    role: String(env["VAULT_ROLE_ID"]),
    secret: String(env["VAULT_SECRET_ID"]),
  });
  await Deno.writeTextFile(
    `${folder.path}/agent.hcl`,
    `vault { address = "${vault.address}" }
auto_auth {
  method "approle" {
    config = {
      role_id_file_path = "${folder.path}/role"
      secret_id_file_path = "${folder.path}/secret"
      remove_secret_id_file_after_reading = false
    }
  }
}
api_proxy { use_auto_auth_token = true }
listener "tcp" {
  address = "127.0.0.1:${port}"
  tls_disable = true
  require_request_header = true
}
`,
  );
  const agent = new Deno.Command(program, {
    args: ["agent", `-config=${folder.path}/agent.hcl`],
    clearEnv: true,
    env: { HOME: folder.path },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const address = `http://127.0.0.1:${port}`;
  await until(() => fetch(address).then((answer) => answer.body?.cancel()));
  return {
    address,
    async [Symbol.asyncDispose]() {
      agent.kill("SIGKILL");
      await agent.status;
      await folder[Symbol.asyncDispose]();
    },
  };
}
