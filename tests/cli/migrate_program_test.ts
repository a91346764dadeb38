import assert from "node:assert/strict";
import { join } from "node:path";
import { VERSION } from "../../src/version.ts";
import { folderOf } from "../harness/atlas.ts";
import { configFile } from "../harness/config.ts";
import { contentOf, revisionsOf } from "../harness/history.ts";
import { administer, createDatabase, databaseAt, server } from "../harness/postgres.ts";
import { migrate } from "../harness/program.ts";
import { sumsOf } from "../harness/run.ts";

const FILES = {
  "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n",
  "silver/0002_b.sql": "create schema silver;\ncreate table silver.b (i int);\n",
};

Deno.test("migrate applies what is pending, says what, and finds nothing the second time", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  const first = await migrate(["--config", config.path, "--engine", "embedded"]);
  assert.equal(first.code, 0, first.err);
  const lines = first.out.trimEnd().split("\n");
  assert.equal(lines.length, 15);
  assert.match(lines[0] ?? "", /^✔ bronze {9}0001_create_compute {28}\s*\d+ ms$/);
  assert.match(
    lines[14] ?? "",
    /^Applied 14 migrations in [\d.]+ m?s: 0001–0014 \(postgres@127\.0\.0\.1:\d+\/t_\w+, embedded engine\)$/,
  );
  assert.match(first.err, /^Database postgres@.*, embedded engine \(asked for\)$/m);
  const second = await migrate(["--config", config.path]);
  assert.equal(second.code, 0);
  assert.match(second.out, /^Nothing to do: all 14 migrations are applied \(.*\)\n$/);
});

Deno.test("migrate --json prints one document and nothing else on standard output", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  const args = ["--json", "--config", config.path];
  const first = JSON.parse((await migrate(args)).out);
  assert.equal(first.status, "applied");
  assert.deepEqual([first.before, first.after, first.applied.length], [null, "0014", 14]);
  const { elapsedMs, ...file } = first.applied[1];
  assert.equal(typeof elapsedMs, "number");
  assert.deepEqual(file, {
    layer: "bronzehistory",
    version: "0002",
    name: "create_compute_history",
    file: "deploy/migrations/bronzehistory/0002_create_compute_history.sql",
    statements: 7,
    skipped: 0,
  });
  const second = JSON.parse((await migrate(args)).out);
  assert.equal(second.status, "nothing_pending");
});

Deno.test("migrate --quiet says nothing when all is well, and everything when it is not", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  const run = await migrate(["-q", "--config", config.path]);
  assert.deepEqual(run, { code: 0, out: "", err: "" });
  await using folder = await migrationsOf({
    ...FILES,
    "gold/0003_c.sql": "select 1/0;\n",
  });
  await using other = await createDatabase();
  await using second = await configFile(other.database);
  const failed = await migrate(["-q", "-c", second.path, "--migrations", folder.path]);
  assert.equal(failed.code, 1);
  assert.match(failed.err, /division by zero/);
});

Deno.test("migrate shows a failure with its place, what was done, and what to do", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  await using folder = await migrationsOf({
    ...FILES,
    "gold/0003_c.sql":
      "create schema gold;\ncreate table gold.c (\n  i int references silver.nope (i)\n);\n",
    "gold/0004_d.sql": "select 1;\n",
  });
  const run = await migrate(["-c", config.path, "--migrations", folder.path]);
  assert.equal(run.code, 1);
  const gold = `${folder.path}/gold`;
  assert.equal(
    run.err.split("\n").slice(1).join("\n"),
    `Applying 0001_a (bronze)
Applying 0002_b (silver)
Applying 0003_c (gold)
error[migration_failed]: Cannot apply 0003_c (gold): relation "silver.nope" does not exist
  ${gold}/0003_c.sql:2:1
  2 | create table gold.c (
    | ^
  SQLSTATE: 42P01
  Applied 0001, 0002 of 4; 0003 (gold) failed; 0004 not started
hint: Check ${gold}/ for conflicts, repair the file or the database, then run the same command again
`,
  );
  assert.equal((await revisionsOf(db)).length, 2);
  assert.ok(!(await contentOf(db)).includes("schema gold"));
});

Deno.test("migrate keeps notices of the server apart from results", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  await using folder = await migrationsOf({
    "bronze/0001_a.sql":
      "drop table if exists nothing;\ndo $$ begin raise warning 'mind'; end $$;\n",
  });
  const run = await migrate(["-c", config.path, "--migrations", folder.path]);
  assert.equal(run.code, 0);
  assert.match(run.err, /^notice: table "nothing" does not exist, skipping\nwarning: mind$/m);
  assert.doesNotMatch(run.out, /nothing"|mind/);
});

Deno.test("migrate takes a setting from the flag, then the environment, then the file", async () => {
  await using other = await configFile("nothing: here\n");
  const env = { CONFIG_FILE: other.path, MIGRATE_REVISIONS_SCHEMA: "from_env" };
  const unset = JSON.parse((await migrate(["--json"], env)).out);
  assert.equal(unset.error.code, "dsn_not_configured");
  const cases = [
    [["--revisions-schema", "from_flag"], env, "from_flag"],
    [[], env, "from_env"],
    [[], {}, "from_file"],
  ] as const;
  for (const [args, variables, schema] of cases) {
    await using db = await createDatabase();
    await using config = await configFile(db.database);
    const file = JSON.parse(await Deno.readTextFile(config.path));
    await Deno.writeTextFile(
      config.path,
      JSON.stringify({ ...file, migrate: { revisions_schema: "from_file" } }),
    );
    const run = await migrate(["--json", "-c", config.path, ...args], variables);
    assert.equal(JSON.parse(run.out).revisionsSchema, schema);
  }
});

const USAGE: readonly (readonly [readonly string[], RegExp])[] = [
  [["--nope"], /unknown option '--nope'/],
  [["bogus"], /Cannot run "bogus": there is no such command/],
  [["statsu"], /there is no such command; did you mean "status"\?/],
  [["apply", "0"], /It must be 1 or more/],
  [["--engine", "atlsa"], /Allowed choices are auto, atlas, embedded/],
  [["--lock-timeout", "5"], /"5" has no unit; write 5s or 5m/],
  [["--config"], /argument missing/],
];

for (const [args, message] of USAGE) {
  Deno.test(`migrate ${args.join(" ")} is refused with exit code 2`, async () => {
    const run = await migrate(args);
    assert.equal(run.code, 2);
    assert.match(run.err, message);
    assert.match(run.err, /^error\[usage\]: [^]*hint: Run migrate --help/);
    assert.equal(run.out, "");
    const json = await migrate(["--json", ...args]);
    assert.equal(JSON.parse(json.out).error.code, "usage");
  });
}

Deno.test("migrate --help and --version answer on standard output", async () => {
  const help = await migrate(["--help"]);
  assert.equal(help.code, 0);
  for (const word of ["--config", "--engine", "--lock-timeout", "Examples:", "Exit codes:"]) {
    assert.ok(help.out.includes(word), word);
  }
  for (const flag of ["--version", "-V"]) {
    assert.deepEqual(await migrate([flag]), { code: 0, out: `migrate ${VERSION}\n`, err: "" });
  }
  assert.equal((await migrate(["--json", "--version"])).out, `migrate ${VERSION}\n`);
});

const GREEN = "\x1b[32m";

Deno.test("migrate has colours where they are asked for, and none elsewhere", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  const forced = await migrate(["-c", config.path, "--migrations", "deploy/migrations"], {
    FORCE_COLOR: "1",
  });
  assert.ok(forced.out.includes(GREEN), forced.out);
  for (const env of [{}, { NO_COLOR: "1" }, { TERM: "dumb" }]) {
    assert.ok(!(await migrate(["-c", config.path], env)).err.includes("\x1b"));
  }
});

/** Configurations that lead nowhere: the code, what the message holds, and the exit code. */
const NOWHERE: readonly {
  readonly code: string;
  readonly message: RegExp;
  readonly exit: number;
  readonly config: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}[] = [
  {
    code: "dsn_not_configured",
    message: /^Database DSN not configured/,
    exit: 2,
    config: "redis:\n  db: 0\n",
  },
  { code: "dsn_not_configured", message: /Database DSN not configured/, exit: 2, config: "" },
  {
    code: "dsn_incomplete",
    message: /incomplete DSN, database\.user, database\.dbname missing/,
    exit: 2,
    config: "database:\n  host: localhost\n",
  },
  {
    code: "config_invalid",
    message: /"database\.port" is "54x2"/,
    exit: 2,
    config: "database: { host: h, port: 54x2, user: u, dbname: d }\n",
  },
  {
    code: "config_syntax",
    message: /is not YAML/,
    exit: 2,
    config: 'database:\n  host: "open\n',
  },
  {
    code: "atlas_missing",
    message: /^atlas: command not found$/,
    exit: 2,
    config: "database: { host: 127.0.0.1, user: u, dbname: d }\n",
    env: { PATH: "/nonexistent" },
    args: ["--engine", "atlas"],
  },
  {
    code: "connection_refused",
    message: /connection refused/,
    exit: 1,
    config: "database: { host: 127.0.0.1, port: 1, user: u, dbname: d }\n",
  },
  {
    code: "config_invalid",
    message: /CONFIG_SOURCE is "vualt", must be file or vault; did you mean "vault"\?/,
    exit: 2,
    config: "",
    env: { CONFIG_SOURCE: "vualt" },
  },
];

for (const { args = [], code, config: text, env = {}, exit, message } of NOWHERE) {
  Deno.test(`migrate says ${code} with exit code ${exit}: ${text || JSON.stringify(env)}`, async () => {
    await using config = await configFile(text);
    const run = await migrate(["--json", "-c", config.path, ...args], env);
    const { error, status } = JSON.parse(run.out);
    assert.deepEqual([status, error.code, run.code], ["failed", code, exit]);
    assert.match(error.message, message);
    assert.ok(error.hint);
    const plain = await migrate(["-c", config.path, ...args], env);
    assert.ok(plain.err.includes(`error[${code}]: ${error.message}`));
    assert.ok(plain.err.includes(`hint: ${error.hint}`));
    assert.equal(plain.out, "");
  });
}

/** Folders of migrations that must not be applied. */
const UNFIT: readonly {
  readonly code: string;
  readonly shown: RegExp;
  readonly spoil: (folder: string) => Promise<void>;
}[] = [
  {
    code: "sum_mismatch",
    shown: /0001_a\.sql/,
    spoil: (folder) => append(`${folder}/bronze/0001_a.sql`, "-- edited\n"),
  },
  {
    code: "sum_mismatch",
    shown: /line end/,
    spoil: async (folder) => {
      const path = `${folder}/silver/0002_b.sql`;
      await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replaceAll("\n", "\r\n"));
    },
  },
  {
    code: "sum_missing",
    shown: /silver/,
    spoil: (folder) => Deno.remove(`${folder}/silver/atlas.sum`),
  },
  {
    code: "sum_format",
    shown: /bronze\/atlas\.sum/,
    spoil: (folder) => Deno.writeTextFile(`${folder}/bronze/atlas.sum`, "<<<<<<< HEAD\n"),
  },
  {
    code: "duplicate_version",
    shown: /0002: .*silver\/0002_b\.sql.*gold\/0002_c\.sql/,
    spoil: (folder) => addFile(folder, "gold/0002_c.sql"),
  },
  {
    code: "migration_name",
    shown: /gold\/20260208154545_c\.sql/,
    spoil: (folder) => addFile(folder, "gold/20260208154545_c.sql"),
  },
  {
    code: "migration_name",
    shown: /gold\/12345_c\.sql/,
    spoil: (folder) => addFile(folder, "gold/12345_c.sql"),
  },
  {
    code: "migration_encoding",
    shown: /byte order mark/,
    spoil: (folder) =>
      Deno.writeFile(`${folder}/bronze/0003_c.sql`, new Uint8Array([0xef, 0xbb, 0xbf, 0x0a])),
  },
  {
    code: "migration_encoding",
    shown: /NUL at byte 1/,
    spoil: (folder) => Deno.writeFile(`${folder}/bronze/0003_c.sql`, new Uint8Array([0x2d, 0])),
  },
  {
    code: "migration_encoding",
    shown: /not valid UTF-8 at byte 2/,
    spoil: (folder) =>
      Deno.writeFile(`${folder}/bronze/0003_c.sql`, new Uint8Array([0x2d, 0x2d, 0xff])),
  },
  {
    code: "migrations_missing",
    shown: /is not a directory/,
    spoil: (folder) => Deno.remove(folder, { recursive: true }),
  },
  {
    code: "migrations_missing",
    shown: /has no folder of a layer/,
    spoil: async (folder) => {
      for (const layer of ["bronze", "silver"]) {
        await Deno.remove(`${folder}/${layer}`, { recursive: true });
      }
    },
  },
];

for (const { code, shown, spoil } of UNFIT) {
  Deno.test(`migrate refuses migrations with ${code} (${shown.source}) and does not connect`, async () => {
    await using config = await configFile(
      "database: { host: 127.0.0.1, port: 1, user: u, dbname: d }\n",
    );
    const folder = `${config.folder}/migrations`;
    await writeMigrations(folder, FILES);
    await spoil(folder);
    const run = await migrate(["-c", config.path, "--migrations", folder, "--json"]);
    const { error } = JSON.parse(run.out);
    assert.deepEqual([error.code, run.code], [code, 2], error.message);
    assert.match(`${error.message}\n${(error.details ?? []).join("\n")}`, shown);
    assert.ok(error.hint);
  });
}

Deno.test("migrate does without a layer that has no files, no sums or no folder", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  await using folder = await migrationsOf(FILES);
  await Deno.mkdir(join(folder.path, "gold"));
  await Deno.mkdir(join(folder.path, "bronzehistory"));
  await Deno.writeTextFile(join(folder.path, "bronzehistory/atlas.sum"), sumsOf([]));
  const run = await migrate(["-c", config.path, "--migrations", folder.path]);
  assert.equal(run.code, 0, run.err);
});

Deno.test("migrate says how to create a database that is missing", async () => {
  const name = 'no such "db"';
  await using config = await configFile(databaseAt(name));
  const run = await migrate(["-c", config.path, "--json"]);
  const { error } = JSON.parse(run.out);
  assert.equal(error.code, "database_missing");
  assert.equal(error.hint, 'Create it: CREATE DATABASE "no such ""db""";');
});

Deno.test("migrate never shows the password that was refused", async () => {
  await using db = await createDatabase();
  const role = `scram_${db.name}`;
  await administer(`create role ${role} login password 'right'`);
  try {
    const password = "planted-%41${x}'\"\\é";
    await using config = await configFile({ ...db.database, user: role, password });
    for (const flags of [[], ["-v"], ["--json"]]) {
      const run = await migrate(["-c", config.path, ...flags]);
      assert.equal(run.code, 1);
      assert.match(run.out + run.err, /password authentication failed/);
      assert.doesNotMatch(run.out + run.err, /planted/);
    }
  } finally {
    await administer(`drop role ${role}`);
  }
});

Deno.test("migrate is refused by a server without TLS unless it may do without", async () => {
  const { host, port } = server();
  await using config = await configFile(
    `database: { host: ${host}, port: ${port}, user: postgres, dbname: postgres }\n`,
  );
  const { error } = JSON.parse((await migrate(["-c", config.path, "--json"])).out);
  assert.equal(error.code, "tls_refused");
  assert.match(error.hint, /sslmode/);
});

async function migrationsOf(files: Readonly<Record<string, string>>) {
  const folder = await folderOf({});
  await writeMigrations(folder.path, files);
  return folder;
}

async function writeMigrations(folder: string, files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(join(folder, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(folder, path), text);
  }
  for (const layer of new Set(Object.keys(files).map((path) => path.split("/")[0] ?? ""))) {
    const own = Object.entries(files).filter(([path]) => path.startsWith(`${layer}/`));
    await Deno.writeTextFile(
      join(folder, layer, "atlas.sum"),
      sumsOf(own.map(([path, text]) => ({ name: path.slice(layer.length + 1), text }))),
    );
  }
}

async function addFile(folder: string, path: string): Promise<void> {
  await writeMigrations(folder, { [path]: "select 1;\n" });
}

async function append(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, text, { append: true });
}
