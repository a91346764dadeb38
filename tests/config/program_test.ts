import assert from "node:assert/strict";
import { join } from "node:path";
import { folderOf } from "../harness/atlas.ts";
import { contentOf, revisionsOf } from "../harness/history.ts";
import { createDatabase, server, type TestDatabase } from "../harness/postgres.ts";
import { migrate } from "../harness/program.ts";

const PASSWORD = "Zq7planted";

/** The settings with which the program would reach a database. */
function settings(db: TestDatabase): string {
  const { host, port } = server();
  return `database:\n  host: ${host}\n  port: ${port}\n  user: postgres\n  password: ${PASSWORD}\n` +
    `  dbname: ${db.name}\n  sslmode: disable\n`;
}

/** Runs `migrate --json` with a configuration, and returns its document. */
async function run(
  config: string,
  options: { readonly args?: readonly string[]; readonly env?: Record<string, string> } = {},
) {
  await using folder = await folderOf({ "config.yaml": config });
  const path = join(folder.path, "config.yaml");
  const result = await migrate(["--json", "--config", path, ...options.args ?? []], {
    TMPDIR: Deno.env.get("TMPDIR") ?? "",
    ...options.env,
  });
  assert.doesNotMatch(result.out + result.err, /Zq7planted/);
  return { code: result.code, document: JSON.parse(result.out) };
}

type Spoil = (config: string) => string;

const FAULTS: readonly (readonly [string, Spoil, string])[] = [
  ["a tab", (config) => config.replace("  host", "\thost"), "config_syntax"],
  ["an open quote before the password", (config) => config.replace("Zq7", '"Zq7'), "config_syntax"],
  ["a wrong port", (config) => config.replace(/port: \d+/, "port: 54x2"), "config_invalid"],
  ["a wrong sslmode", (config) => config.replace("disable", "disabled"), "config_invalid"],
  ["a list of hosts", (config) => config.replace("127.0.0.1", "127.0.0.1,::1"), "config_invalid"],
  ["no host", (config) => config.replace(/ +host: .*\n/, ""), "dsn_incomplete"],
  ["no database", () => "redis: {}\n", "dsn_not_configured"],
  ["a wrong engine", (config) => `${config}migrate: { engine: fast }\n`, "config_invalid"],
  ["two passwords", (config) => config.replace(/$/, "  password_file: x\n"), "config_invalid"],
  ["UTF-16", (config) => config.replaceAll("", "\0"), "config_unreadable"],
];

for (const [name, spoil, code] of FAULTS) {
  Deno.test(`migrate refuses a configuration with ${name} and leaves the database alone`, async () => {
    await using db = await createDatabase();
    const result = await run(spoil(settings(db)));
    assert.equal(result.code, 2);
    assert.equal(result.document.error.code, code);
    assert.ok(result.document.error.hint.length > 0);
    assert.deepEqual(await contentOf(db), ["schema public"]);
    assert.deepEqual(await revisionsOf(db), []);
  });
}

Deno.test("a flag goes before the environment, that before the file, that before the default", async () => {
  await using db = await createDatabase();
  const file = `${settings(db)}migrate:\n  migrations: /from/file\n  revisions_schema: from_file\n`;
  const env = { MIGRATE_MIGRATIONS: "/from/env", MIGRATE_ENGINE: "atlas" };
  const missing = async (args: readonly string[], env: Record<string, string>) => {
    const { document } = await run(file, { args, env });
    assert.equal(document.error.code, "migrations_missing");
    return String(document.error.message);
  };
  assert.match(await missing([], {}), /\/from\/file/);
  assert.match(await missing([], env), /\/from\/env/);
  assert.match(await missing(["--migrations", "/from/flag"], env), /\/from\/flag/);

  const own = ["--migrations", "deploy/migrations"];
  const atlas = await run(file, { args: own, env });
  assert.equal(atlas.document.error.code, "atlas_missing");
  const first = await run(file, { args: [...own, "--engine", "embedded", "1"], env });
  assert.equal(first.code, 0, JSON.stringify(first.document));
  assert.equal((await revisionsOf(db, "from_file")).length, 1);
});
