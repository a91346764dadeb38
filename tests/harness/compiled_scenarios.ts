import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { programNamed } from "../../scripts/compile/programs.ts";
import { type Checkout, createCheckout } from "./checkout.ts";
import { compileForTests } from "./compiled.ts";
import { copyTree } from "./copy_tree.ts";
import type { Machine } from "./machine.ts";
import { createDatabase, server, type TestDatabase } from "./postgres.ts";
import { textBelow } from "./processes.ts";
import { ended, type ProgramRun } from "./program.ts";
import { makeSite, type Site, writeMigrations } from "./site.ts";
import { tools, toolTest } from "./tools.ts";
import { startVault } from "./vault.ts";

const BRONZE = "create schema bronze;\r\ncreate table bronze.a (id int primary key);\r\n";
const MORE = `${BRONZE}create table bronze."ü" (i int);\r\n`;
const SLEEP = "create schema silver;\nselect pg_sleep(60);\n";
const PLACE = "Ein Ort mit Grüßen & 漢字 %41 $(x)";

/** Registers what compiled programs must do on any system; call it once in a file. */
export function compiledScenarios(machine: Machine): void {
  const built = new Map<string, Promise<string>>();
  const program = (name: string): Promise<string> => {
    const making = built.get(name) ??
      compileForTests(programNamed(name), { target: machine.target, runtime: machine.runtime });
    built.set(name, making);
    return making;
  };
  const scenario = (name: string, fn: () => Promise<void>) =>
    toolTest(machine.needed, `${machine.name}: ${name}`, fn, {
      ignore: /Ctrl-C/.test(name) && !machine.canInterrupt,
    });

  /** Runs `genmigrate` in a copy of a checkout that stands in an odd place, with CRLF in all files. */
  async function generate(
    checkout: Checkout,
    check: (run: ProgramRun, place: string, before: string) => Promise<void>,
    interruptAfter?: () => Promise<void>,
  ): Promise<void> {
    const site = await makeSite(checkout.db.name, PLACE);
    await toCrlf(site.config);
    const place = join(site.root, "mein Checkout");
    await copyTree(dirname(checkout.out), place);
    const before = await textBelow(place);
    const options = await machine.options(site, { console: interruptAfter !== undefined });
    const child = site.start(await program("genmigrate"), [
      ...["--config", machine.path(site.config)],
      ...["--schema", machine.path(join(place, "schema"))],
      ...["--out", machine.path(join(place, "migrations"))],
      "add_umlaut",
    ], options);
    const result = ended(child);
    if (interruptAfter !== undefined) {
      await interruptAfter();
      await machine.interrupt(child);
    }
    const run = await result;
    assert.doesNotMatch(run.out + run.err, /planted-password/);
    await check(run, place, before);
    assert.deepEqual(await machine.leftovers(site), []);
  }

  scenario("genmigrate writes what is declared, in odd paths and with CRLF", async () => {
    await using checkout = await createCheckout({ "bronze/0001_a.sql": BRONZE });
    await checkout.declare("bronze", MORE);
    await generate(checkout, async (run, place) => {
      assert.equal(run.code, 0, run.err);
      assert.match(run.out, /rename: \d{14}_add_umlaut\.sql -> 0002_add_umlaut\.sql/);
      const text = await Deno.readTextFile(join(place, "migrations/bronze/0002_add_umlaut.sql"));
      assert.match(text, /CREATE TABLE "bronze"\."ü"/);
      // What was written can be applied, and is all of it.
      await using db = await createDatabase();
      const site = await makeSite(db.name, PLACE);
      const migrations = machine.path(join(place, "migrations"));
      const args = ["--config", machine.path(site.config), "--migrations", migrations, "--json"];
      const applied = await site.run(await program("migrate"), args, await machine.options(site));
      assert.equal(applied.code, 0, applied.err);
      assert.equal(JSON.parse(applied.out).applied.length, 2);
      assert.equal((await db.sql('select * from bronze."ü"')).length, 0);
    });
  });

  scenario("genmigrate tells a failure, and the checkout stays as it was", async () => {
    await using checkout = await createCheckout({ "bronze/0001_a.sql": BRONZE });
    await checkout.declare("bronze", MORE);
    await checkout.declare("gold", "create schema gold;\ncreate table gold.g (i nonsense);\n");
    await generate(checkout, async (run, place, before) => {
      assert.equal(run.code, 1, run.err);
      assert.match(run.err, /^error\[state_failed\]/m);
      assert.equal(await textBelow(place), before);
    });
  });

  scenario("genmigrate leaves the checkout as it was after Ctrl-C", async () => {
    await using checkout = await createCheckout({ "silver/0001_a.sql": SLEEP });
    await checkout.declare("silver", "create schema silver;\ncreate table silver.t (i int);\n");
    await generate(checkout, async (run, place, before) => {
      assert.equal(run.code, 130, run.err);
      assert.equal(await textBelow(place), before);
    }, () => asleep(checkout.db));
  });

  for (const engine of ["embedded", "atlas"] as const) {
    scenario(`migrate rolls back and leaves nothing after Ctrl-C (${engine})`, async () => {
      await using db = await createDatabase();
      const site = await makeSite(db.name);
      const migrations = join(site.root, "migrations");
      await writeMigrations(migrations, {
        "bronze/0001_a.sql": "create schema bronze;\n",
        "silver/0002_b.sql": SLEEP,
      });
      const child = site.start(await program("migrate"), [
        ...["--config", machine.path(site.config), "--engine", engine, "--json"],
        ...["--migrations", machine.path(migrations)],
      ], await machine.options(site, { console: true }));
      const result = ended(child);
      await asleep(db);
      await machine.interrupt(child);
      const run = await result;
      assert.equal(run.code, 130, run.err);
      assert.equal(JSON.parse(run.out).error.code, "interrupted");
      assert.equal((await db.sql("select 1 from pg_namespace where nspname = 'silver'")).length, 0);
      assert.deepEqual(await machine.leftovers(site), []);
    });
  }

  const fromVault = `${machine.name}: migrate and genmigrate take their settings from Vault`;
  toolTest([...machine.needed, "bao"], fromVault, async () => {
    const tls = join(Deno.cwd(), "tests/testdata/vault_tls");
    await using vault = await startVault(tools.bao ?? "", {
      tls: { cert: join(tls, "server.pem"), key: join(tls, "server.key") },
    });
    await using checkout = await createCheckout({ "bronze/0001_a.sql": BRONZE });
    await checkout.declare("bronze", MORE);
    const { host, port } = server();
    const database = { host, port, user: "postgres", password: "planted-password" };
    const policy = 'path "secret/data/hotpot/*" { capabilities = ["read"] }';
    const token = await vault.tokenFor(policy);
    const run = async (name: string, dbname: string, args: readonly string[]) => {
      const body = { data: { database: { ...database, dbname, sslmode: "disable" } } };
      await vault.api("POST", `secret/data/hotpot/${dbname}`, { body });
      const site: Site = await makeSite(dbname);
      const VAULT_PATH = `secret/hotpot/${dbname}`;
      const env = {
        ...{ CONFIG_SOURCE: "vault", VAULT_ADDR: vault.tlsAddress ?? "", VAULT_PATH },
        VAULT_CACERT: machine.path(join(tls, "authority.pem")),
      };
      const done = async (VAULT_TOKEN: string) =>
        await site.run(
          await program(name),
          args,
          await machine.options(site, { env: { ...env, VAULT_TOKEN } }),
        );
      // Does not read a file beside it when Vault refuses.
      const refused = await done("planted-token");
      assert.equal(refused.code, 1);
      assert.match(refused.err, /^error\[vault_login_refused\]/m);
      const result = await done(token);
      assert.equal(result.code, 0, result.err);
      for (const { err, out } of [refused, result]) {
        assert.ok(!/planted-/.test(out + err) && !(out + err).includes(token));
      }
      assert.deepEqual(await machine.leftovers(site), []);
      return result.out;
    };
    await using db = await createDatabase();
    const applied = JSON.parse(await run("migrate", db.name, ["--json"]));
    assert.equal(applied.applied.length, 14);
    const paths = [
      ...["--schema", machine.path(checkout.schema), "--out", machine.path(checkout.out)],
    ];
    assert.match(
      await run("genmigrate", checkout.db.name, [...paths, "add_umlaut"]),
      /-> 0002_add_umlaut\.sql/,
    );
  });
}

/** Waits until a migration sleeps. */
async function asleep(db: TestDatabase): Promise<void> {
  const query =
    "select 1 from pg_stat_activity where query ~ 'select pg_sleep\\(60' and state = 'active' and pid <> pg_backend_pid() and datname like current_database() || '%'";
  for (let tries = 0; (await db.sql(query)).length === 0; tries++) {
    assert.ok(tries < 1000, "nothing ever slept");
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

async function toCrlf(file: string): Promise<void> {
  await Deno.writeTextFile(file, (await Deno.readTextFile(file)).replaceAll("\n", "\r\n"));
}
