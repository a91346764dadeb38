import assert from "node:assert/strict";
import { dirname } from "node:path";
import postgres from "postgres";
import { folderOf } from "../harness/atlas.ts";
import { formsOf, PASSWORD, SECRET_ID, startLoggedPostgres, TOKEN } from "../harness/leaks.ts";
import { Observer } from "../harness/observer.ts";
import { ended, type ProgramRun, spawnMigrate } from "../harness/program.ts";
import { migrationsFolder, testEngines } from "../harness/run.ts";
import { tools, toolTest } from "../harness/tools.ts";
import { DATABASE, startVault, until } from "../harness/vault.ts";

const onnotice = () => {};

const MIGRATIONS = {
  "bronze/0001_a.sql": "create schema bronze;\nselect pg_sleep(0.3);\n",
};

toolTest("bao", "migrate leaks no secret, however it ends", async (program) => {
  if (Deno.build.os !== "linux") return;
  await using server = await startLoggedPostgres();
  const sql = postgres({
    host: server.host,
    port: server.port,
    user: "postgres",
    max: 1,
    onnotice,
  });
  // The password is given as its hash, or the server's log would hold it from the test.
  await sql.unsafe("set log_statement = 'none'");
  await sql.unsafe(
    `create role scram_planted login superuser password '${PASSWORD.replaceAll("'", "''")}'`,
  );
  await using vault = await startVault(program);
  const database = {
    ...DATABASE,
    host: server.host,
    port: server.port,
    user: "scram_planted",
    password: PASSWORD,
    dbname: "postgres",
    sslmode: "disable",
  };
  const put = async (path: string, body: unknown) => {
    const { status } = await vault.api("POST", path, { body });
    assert.ok(status < 300, path);
  };
  await put("secret/data/good", { data: { database } });
  await put("secret/data/stale", { data: { database: { ...database, password: `${PASSWORD}x` } } });
  await put("secret/data/wrong", { data: { database: { ...database, port: PASSWORD } } });
  await put("auth/token/create", { id: TOKEN, policies: ["root"] });
  await put("sys/policies/acl/hotpot", { policy: 'path "secret/*" { capabilities = ["read"] }' });
  await put("sys/auth/approle", { type: "approle" });
  await put("auth/approle/role/ci", { token_policies: ["hotpot"] });
  await put("auth/approle/role/ci/custom-secret-id", { secret_id: SECRET_ID });
  const role = (await vault.api("GET", "auth/approle/role/ci/role-id")).body.data.role_id;

  await using good = await migrationsFolder(MIGRATIONS);
  // A migration that makes the server say the password, which the file itself does not hold.
  const hex = [...new TextEncoder().encode(PASSWORD)].map((byte) =>
    byte.toString(16).padStart(2, "0")
  ).join("");
  const said = `convert_from(decode('${hex}', 'hex'), 'utf8')`;
  await using telling = await migrationsFolder({
    ...MIGRATIONS,
    "silver/0002_b.sql":
      `do $$ begin raise notice 'it is %', ${said}; raise exception 'no, %', ${said}; end $$;\n`,
  });
  const byToken = { VAULT_TOKEN: TOKEN };
  const byRole = { VAULT_AUTH_METHOD: "approle", VAULT_ROLE_ID: role, VAULT_SECRET_ID: SECRET_ID };
  const runs: readonly (readonly [string, Record<string, string>, string, number])[] = [
    ["secret/good", byToken, good.path, 0],
    ["secret/good", byRole, good.path, 0],
    ["secret/good", byRole, telling.path, 1],
    ["secret/stale", byRole, good.path, 1],
    ["secret/wrong", { ...byRole, VAULT_KV_VERSION: "2" }, good.path, 2],
    ["secret/good", { VAULT_TOKEN: `${TOKEN}x` }, good.path, 1],
    ["secret/good", { ...byRole, VAULT_SECRET_ID: `${SECRET_ID}x` }, good.path, 1],
  ];
  const planted = [PASSWORD, TOKEN, SECRET_ID].flatMap(formsOf);
  for (const [index, [path, env, migrations, code]] of runs.entries()) {
    const engine = testEngines[index % testEngines.length] ?? "embedded";
    await using temp = await folderOf({});
    const run = await observed(temp.path, {
      args: ["--migrations", migrations, "--engine", engine, index % 3 === 0 ? "-v" : "--json"],
      env: {
        CONFIG_SOURCE: "vault",
        VAULT_ADDR: vault.address,
        VAULT_PATH: path,
        TMPDIR: temp.path,
        PATH: tools.atlas === undefined ? "" : dirname(tools.atlas),
        ...env,
      },
    });
    assert.equal(run.code, code, `${index}: ${run.err}`);
    const leaks = planted.filter((text) => `${run.out}${run.err}`.includes(text));
    assert.deepEqual(leaks, [], `${index}: ${run.out}${run.err}`);
    assert.deepEqual([...Deno.readDirSync(temp.path)], [], "something is left");
    await sql.unsafe("drop schema if exists bronze cascade");
    await sql.unsafe("drop schema if exists atlas_schema_revisions cascade");
  }
  await sql.end();
  const log = await server.log();
  const ours = log.split("\n").filter((line) => !/it is|no, /.test(line)).join(
    "\n",
  );
  assert.deepEqual(planted.filter((text) => ours.includes(text)), []);
});

/** Runs the program as shipped, and demands that nobody who looks on sees a secret. */
async function observed(
  temp: string,
  options: { readonly args: readonly string[]; readonly env: Record<string, string> },
): Promise<ProgramRun> {
  const child = await spawnMigrate(options.args, { env: options.env });
  await using observer = new Observer({ pid: child.pid, folder: temp, given: options.env });
  const run = await ended(child);
  await until(() => Promise.resolve(assert.ok(observer.seen.size > 0)));
  const planted = [PASSWORD, TOKEN, SECRET_ID].flatMap(formsOf);
  assert.deepEqual(observer.find(planted), []);
  if (run.code === 0 && options.args.includes("atlas")) {
    assert.notDeepEqual(observer.find(["file:///dev/stdin"]), [], "Atlas was not looked at");
  }
  return run;
}
