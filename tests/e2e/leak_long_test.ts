import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import postgres from "postgres";
import { folderOf } from "../harness/atlas.ts";
import { makeSigner } from "../harness/jwt.ts";
import { DUMPING } from "../harness/core_dumps.ts";
import { formsOf, PASSWORD, SECRET_ID, startLoggedPostgres, TOKEN } from "../harness/leaks.ts";
import { listen } from "../harness/listener.ts";
import { searchFor, watchRun } from "../harness/lookout.ts";
import { spawnGenmigrate, spawnMigrate, tell } from "../harness/program.ts";
import { migrationsFolder } from "../harness/run.ts";
import { tools, toolTest } from "../harness/tools.ts";
import { DATABASE, startVault, until } from "../harness/vault.ts";

const TLS = `${Deno.cwd()}/tests/testdata/vault_tls`;
/** What Vault makes up here: the passwords of users, of two letters, and its tokens. */
const PASSWORDS = /[ZQ]{12,}/;
const TOKENS = /\bs\.[A-Za-z0-9]{24}\b/;
/** What GitHub gives a job to ask for its identity with. */
const REQUEST_TOKEN = "planted-request-token-of-the-test";

/** An ending of a run: what is set for it, and the codes of errors that it may have. */
interface Ending {
  readonly env: Readonly<Record<string, string>>;
  readonly code: string;
  readonly migrations?: "slow" | "failing";
  /** For `genmigrate`: a declaration that does not load, or takes its time. */
  readonly schema?: "slow" | "failing";
  /** What it is sent once the database works. */
  readonly signals?: readonly Deno.Signal[];
}

toolTest(
  "bao",
  "no program leaks a secret, or leaves one alive, in any ending",
  async (program) => {
    if (Deno.build.os !== "linux") return;
    await using server = await startLoggedPostgres();
    const sql = postgres({
      host: server.host,
      port: server.port,
      user: "postgres",
      max: 2,
      onnotice: () => {},
      connection: { log_statement: "none" },
    });
    await sql.unsafe(
      `create role scram_planted login superuser password '${PASSWORD.replaceAll("'", "''")}'`,
    );
    await sql.unsafe("create database leak_dev");
    await sql.unsafe("create role leak_owner superuser");

    await using vault = await startVault(program, {
      tls: {
        cert: `${TLS}/server.pem`,
        key: `${TLS}/server.key`,
        clientCa: `${TLS}/authority.pem`,
      },
    });
    await using sealed = await startVault(program, { state: "sealed" });
    await using blank = await startVault(program, { state: "uninitialized" });
    await using silent = await listen(() => {});
    await using github = await listen((socket) => {
      const body = `{"message":"no ${REQUEST_TOKEN}"}`;
      socket.end(`HTTP/1.1 401 x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    });
    await using standby = await listen((socket) => {
      const body = `{"initialized":true,"sealed":false,"standby":true,"errors":["${TOKEN}"]}`;
      socket.end(`HTTP/1.1 503 x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    });
    const post = async (path: string, body: unknown) => {
      const answer = await vault.api("POST", path, { body });
      assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`);
    };
    const database = {
      ...DATABASE,
      host: server.host,
      port: server.port,
      user: "scram_planted",
      password: PASSWORD,
      dbname: "leak_dev",
      sslmode: "disable",
    };
    const { password: _, ...rest } = database;
    const secrets = {
      good: database,
      made: { ...rest, role: "leak_owner" },
      stale: { ...database, password: `${PASSWORD}x` },
      wrong: { ...database, port: PASSWORD },
      mute: { ...database, port: silent.port, connect_timeout: "1s" },
      gone: database,
    };
    for (const [name, value] of Object.entries(secrets)) {
      await post(`secret/data/${name}`, { data: { database: value } });
    }
    await vault.api("DELETE", "secret/data/gone");
    await post("sys/policies/acl/hotpot", {
      policy: `path "secret/data/*" { capabilities = ["read"] }
path "database/creds/*" { capabilities = ["read"] }`,
    });
    await post("auth/token/create", { id: TOKEN, policies: ["hotpot"] });
    await post("auth/token/create", { id: `${TOKEN}-weak`, policies: ["default"] });
    await post("sys/auth/approle", { type: "approle" });
    await post("auth/approle/role/ci", { token_policies: ["hotpot"], token_ttl: "5m" });
    await post("auth/approle/role/ci/custom-secret-id", { secret_id: SECRET_ID });
    const role = (await vault.api("GET", "auth/approle/role/ci/role-id")).body.data.role_id;
    const signer = await makeSigner();
    await post("sys/auth/jwt", { type: "jwt" });
    await post("auth/jwt/config", { jwt_validation_pubkeys: [signer.publicKey] });
    await post("auth/jwt/role/ci", {
      role_type: "jwt",
      user_claim: "sub",
      bound_audiences: ["hotpot"],
      token_policies: ["hotpot"],
    });
    const jwt = await signer.sign({ sub: "repo:hotpot", aud: "hotpot" });
    const foreign = await signer.sign({ sub: "repo:hotpot", aud: "other" });
    await post("sys/policies/password/letters", {
      policy: 'length = 40\nrule "charset" { charset = "ZQ" }',
    });
    await post("sys/mounts/database", { type: "database" });
    await post("database/config/test", {
      plugin_name: "postgresql-database-plugin",
      connection_url:
        `postgresql://{{username}}:{{password}}@${server.host}:${server.port}/leak_dev?sslmode=disable`,
      username: "postgres",
      password: "any",
      allowed_roles: "*",
      password_policy: "letters",
      // Otherwise Vault itself would write the password into the server's log.
      password_authentication: "scram-sha-256",
    });
    await post("database/roles/hotpot", {
      db_name: "test",
      creation_statements: [
        `create role "{{name}}" login superuser password '{{password}}' in role leak_owner`,
      ],
      default_ttl: "5m",
    });

    await using good = await migrationsFolder(
      { "bronze/0001_a.sql": "create schema bronze;\nselect pg_sleep(0.2);\n" },
    );
    await using failing = await migrationsFolder({ "bronze/0001_a.sql": "select 1/0;\n" });
    await using slow = await migrationsFolder({ "bronze/0001_a.sql": "select pg_sleep(60);\n" });
    const folders = { good, failing, slow };
    await using checkout = await folderOf({ "schema/bronze.sql": "create schema bronze;\n" });
    await using lasting = await folderOf({
      "schema/bronze.sql": "create schema bronze;\nselect pg_sleep(60);\n",
    });
    await using spoilt = await folderOf({
      "schema/bronze.sql": "create schema bronze;\nselect 1/0;\n",
    });

    const at = (path: string) => ({ VAULT_ADDR: vault.address, VAULT_PATH: `secret/${path}` });
    const byToken = { VAULT_TOKEN: TOKEN };
    const byRole = {
      VAULT_AUTH_METHOD: "approle",
      VAULT_ROLE_ID: role,
      VAULT_SECRET_ID: SECRET_ID,
    };
    const byJwt = { VAULT_AUTH_METHOD: "jwt", VAULT_AUTH_ROLE: "ci" };
    const made = { ...at("made"), ...byRole, VAULT_DB_CREDS: "database/creds/hotpot" };
    const tls = { ...at("good"), ...byToken, VAULT_ADDR: vault.tlsAddress ?? "" };
    const certificate = {
      VAULT_CLIENT_CERT: `${TLS}/client.pem`,
      VAULT_CLIENT_KEY: `${TLS}/client.key`,
      VAULT_CACERT: `${TLS}/authority.pem`,
    };
    const lost = { ...at("good"), ...byToken, VAULT_MAX_RETRIES: "0", VAULT_CLIENT_TIMEOUT: "2s" };
    /** What both programs can meet before they begin to work. */
    const refused: readonly Ending[] = [
      { env: { ...lost, VAULT_ADDR: sealed.address }, code: "vault_sealed" },
      { env: { ...lost, VAULT_ADDR: blank.address }, code: "vault_not_initialized" },
      { env: { ...lost, VAULT_ADDR: standby.address }, code: "vault_standby" },
      { env: { ...lost, VAULT_ADDR: silent.address }, code: "vault_timeout" },
      { env: { ...at("nothing"), ...byRole }, code: "vault_secret_missing" },
      { env: { ...at("gone"), ...byRole }, code: "vault_secret_deleted" },
      { env: { ...at("good"), VAULT_TOKEN: `${TOKEN}-weak` }, code: "vault_denied" },
      {
        env: { ...at("good"), VAULT_TOKEN: vault.rootToken, VAULT_PATH: "nowhere/x" },
        code: "vault_mount_missing",
      },
      { env: { ...at("good"), VAULT_TOKEN: `${TOKEN}x` }, code: "vault_login_refused" },
      {
        env: { ...at("good"), ...byRole, VAULT_SECRET_ID: `${SECRET_ID}x` },
        code: "vault_login_refused",
      },
      { env: { ...at("good"), ...byJwt, VAULT_JWT: foreign }, code: "vault_login_refused" },
      {
        env: { ...at("good"), ...byJwt, VAULT_AUTH_METHOD: "kubernetes", VAULT_JWT: foreign },
        code: "vault_login_refused",
      },
      {
        env: {
          ...{ ...at("good"), ...byJwt },
          ACTIONS_ID_TOKEN_REQUEST_URL: `${github.address}/x`,
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
        },
        code: "identity_token",
      },
      {
        env: { ...at("good"), ...byRole, VAULT_SECRET_ID_WRAPPING_PATH: "auth/approle/role/ci/x" },
        code: "vault_login_refused",
      },
      { env: { ...made, VAULT_DB_CREDS: "database/creds/nobody" }, code: "vault_credentials" },
      { env: { ...tls, ...certificate, VAULT_CACERT: `${TLS}/stranger.pem` }, code: "vault_tls" },
      { env: { ...at("wrong"), ...byRole }, code: "config_invalid" },
      { env: { ...at("stale"), ...byRole }, code: "login_refused" },
      { env: { ...at("mute"), ...byRole }, code: "connection_timeout" },
    ];
    const whole: readonly Ending[] = [
      { env: { ...at("good"), ...byToken }, code: "" },
      { env: { ...at("good"), ...byJwt, VAULT_JWT: jwt }, code: "" },
      { env: { ...tls, ...certificate }, code: "" },
      { env: made, code: "" },
    ];
    const signalled: readonly (readonly Deno.Signal[])[] = [
      ["SIGINT"],
      ["SIGINT", "SIGINT"],
      ["SIGTERM"],
      ["SIGQUIT"],
      ["SIGKILL"],
    ];
    const stopped: readonly Ending[] = signalled.map((signals) => ({
      env: made,
      migrations: "slow",
      schema: "slow",
      signals,
      code: signals.length === 1 ? "interrupted" : "",
    }));
    const applied: readonly Ending[] = [
      ...whole,
      { env: made, migrations: "failing", code: "migration_failed" },
      ...stopped,
    ];
    const generated: readonly Ending[] = [
      ...whole,
      { env: made, schema: "failing", code: "state_failed" },
      ...stopped,
    ];
    const planted = [PASSWORD, TOKEN, SECRET_ID, REQUEST_TOKEN, jwt, foreign].flatMap(formsOf);
    const key = (await Deno.readTextFile(`${TLS}/client.key`)).split("\n")[1] ?? "";
    planted.push(key);
    const search = searchFor(planted, [PASSWORDS, TOKENS]);
    // Vault does make what is looked for.
    const example = (await vault.api("GET", "database/creds/hotpot")).body;
    assert.match(example.data.password, PASSWORDS);
    await post("sys/leases/revoke", { lease_id: example.lease_id, sync: true });
    const token = (await vault.api("POST", "auth/token/create", { body: {} })).body.auth;
    assert.match(token.client_token, TOKENS);
    await post("auth/token/revoke", { token: token.client_token });
    const users = () =>
      sql.unsafe(
        "select rolname from pg_roles where rolname like 'v-%' or pg_has_role(rolname, 'leak_owner', 'member') and not rolsuper",
      );

    const check = async (name: string, ending: Ending, engine: "atlas" | "embedded" | "gen") => {
      await using temp = await folderOf({});
      const before = [...await vault.accessors()].sort();
      const env = {
        CONFIG_SOURCE: "vault",
        TMPDIR: temp.path,
        PATH: tools.atlas === undefined ? "" : dirname(tools.atlas),
        ...ending.env,
      };
      const out = join(temp.path, "out");
      if (engine === "gen") await Deno.mkdir(out);
      const schema =
        { failing: spoilt, slow: lasting, good: checkout }[ending.schema ?? "good"].path;
      const spawning = { env, cwd: temp.path, after: DUMPING };
      const child = engine === "gen"
        ? await spawnGenmigrate(
          ["--schema", `${schema}/schema`, "--out", out, "change"],
          spawning,
        )
        : await spawnMigrate(
          [
            ...["--migrations", folders[ending.migrations ?? "good"].path, "--engine", engine],
            ...ending.code === "" ? ["-v"] : ["--json"],
          ],
          spawning,
        );
      let told = false;
      const logged = (await server.log()).length;
      const run = await watchRun(child, {
        search,
        folder: temp.path,
        given: env,
        sql,
        onActivity: async (rows) => {
          if (ending.signals === undefined || told) return;
          if (!rows.some((row) => /,"select pg_sleep/.test(row))) return;
          told = true;
          await tell(child, ending.signals);
        },
      });
      const text = run.out + run.err;
      assert.deepEqual(run.leaks, [], `${name}: ${text}`);
      if (ending.env["VAULT_DB_CREDS"] === made.VAULT_DB_CREDS) {
        // Its name says by which log-in the token was made that it was made with.
        const log = (await server.log()).slice(logged);
        assert.match(log, /connection authorized: user=v-approle-hotpot-/, `${name}: no user`);
      }
      if (ending.signals?.[0] === "SIGKILL") {
        assert.equal(run.code, 137, name);
        // Nobody was left to revoke what was made: it ends with its lease.
        await vault.api("POST", "sys/leases/revoke-prefix/database/creds", {
          body: { sync: true },
        });
        await vault.api("POST", "sys/leases/revoke-prefix/auth/approle", { body: { sync: true } });
        await sql.unsafe(
          "select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep%'",
        );
      } else if (ending.signals !== undefined) {
        assert.equal(run.code, ending.signals[0] === "SIGTERM" ? 143 : 130, `${name}: ${text}`);
      } else if (ending.code === "") assert.equal(run.code, 0, `${name}: ${text}`);
      else assert.match(text, new RegExp(`\\b${ending.code}\\b`), name);
      await until(async () => assert.deepEqual([...await users()], []));
      assert.deepEqual([...await vault.accessors()].sort(), before, name);
      await sql.unsafe("drop database if exists leak_dev with (force)");
      await sql.unsafe("create database leak_dev");
    };
    for (const engine of ["embedded", "atlas", "gen"] as const) {
      if (engine !== "embedded" && tools.atlas === undefined) continue;
      const own = engine === "gen" ? generated : applied;
      // Which engine it would have been makes no difference as long as there are no settings.
      const others = engine === "atlas"
        ? refused.filter(({ code }) => !/^(?:vault|identity|config)_/.test(code))
        : refused;
      for (const ending of [...own, ...others]) {
        const name = `${engine} ${ending.code} ${ending.signals ?? ""} ${
          JSON.stringify(ending.env)
        }`;
        await check(name, ending, engine);
      }
    }
    await sql.end();
    const log = await server.log();
    assert.match(log, /connection authorized/);
    assert.deepEqual(search(log), [], "the server's log");
  },
);
