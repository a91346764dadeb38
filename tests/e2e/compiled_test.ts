import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { programNamed } from "../../scripts/compile/programs.ts";
import { VERSION } from "../../src/version.ts";
import { COMMIT, compileForTests, COMPILER, copyOfProject } from "../harness/compiled.ts";
import { addMigration, CRLF } from "../harness/migration.ts";
import { UNIX } from "../harness/machine.ts";
import { checkDocument } from "../harness/documents.ts";
import { createDatabase, type TestDatabase } from "../harness/postgres.ts";
import { makeSite, type Site, writeMigrations } from "../harness/site.ts";
import { ended } from "../harness/program.ts";
import { tools, toolTest } from "../harness/tools.ts";

let built: Promise<string> | undefined;

/** The program, compiled once for this file. */
function migrate(): Promise<string> {
  return built ??= compileForTests(programNamed("migrate"), {
    target: UNIX.target,
    runtime: UNIX.runtime,
  });
}

/** The environment of a machine that has Atlas. */
function withAtlas({ root }: Site): Record<string, string> {
  return { TMPDIR: join(root, "temp"), HOME: join(root, "home"), PATH: dirname(tools.atlas ?? "") };
}

const SLEEP = {
  "bronze/0001_a.sql": "create schema bronze;\n",
  "silver/0002_b.sql": "create schema silver;\nselect pg_sleep(60);\n",
};

/** Waits until a migration sleeps, or the program has ended without. */
async function asleep(db: TestDatabase, run: Promise<unknown>): Promise<void> {
  let over = false;
  run.finally(() => over = true);
  const query =
    "select 1 from pg_stat_activity where datname = current_database() and query ~ '^select pg_sleep'";
  while (!over && (await db.sql(query)).length === 0) {
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

toolTest("compiled", "compiled: --version and version --json tell what is inside", async () => {
  const program = await migrate();
  await using db = await createDatabase();
  const site = await makeSite(db.name);
  const short = await site.run(program, ["--version"]);
  assert.deepEqual(short, { code: 0, out: `migrate ${VERSION}\n`, err: "" });
  const long = await site.run(program, ["version", "--json"]);
  const document = JSON.parse(long.out);
  assert.equal(document.version, VERSION);
  assert.match(document.commit, COMMIT);
  assert.equal(document.target, UNIX.target);
  assert.equal(document.layers.length, 4);
  for (const { layer, sum } of document.layers) {
    const file = await Deno.readTextFile(`deploy/migrations/${layer}/atlas.sum`);
    assert.equal(sum, file.split("\n")[0]);
  }
});

toolTest(
  "compiled",
  "compiled: the embedded engine applies what is inside, and leaves nothing",
  async () => {
    const program = await migrate();
    await using db = await createDatabase();
    const site = await makeSite(db.name);
    const first = await site.run(program, ["--config", site.config, "--json"]);
    assert.equal(first.code, 0, first.err);
    assert.equal(JSON.parse(first.out).engine.name, "embedded");
    assert.equal(JSON.parse(first.out).applied.length, 14);
    const second = await site.run(program, ["--config", site.config, "--json"]);
    assert.equal(JSON.parse(second.out).status, "nothing_pending");
    assert.deepEqual(await site.leftovers(), []);
  },
);

toolTest("compiled", "compiled: plan judges with the parser that is inside", async () => {
  const program = await migrate();
  await using db = await createDatabase();
  const site = await makeSite(db.name);
  const run = await site.run(program, ["plan", "--config", site.config, "--json"]);
  assert.equal(run.code, 0, run.err);
  const { files, status } = JSON.parse(run.out);
  assert.equal(status, "pending");
  assert.equal(files.length, 14);
  assert.equal(files[0].statements[0].commands[0].rule, "no_lock");
  assert.deepEqual(await site.leftovers(), []);
});

toolTest(
  "compiled",
  "compiled: doctor makes every look with the permissions that it has",
  async () => {
    const program = await migrate();
    await using db = await createDatabase();
    const site = await makeSite(db.name);
    await Deno.chmod(site.config, 0o600);
    const run = await site.run(program, ["doctor", "--config", site.config, "--json"]);
    assert.equal(run.code, 0, run.out + run.err);
    const document = JSON.parse(run.out);
    await checkDocument("migrate", document);
    assert.deepEqual(
      document.looks.flatMap(({ name, state }: Record<string, string>) =>
        state === "ok" ? [] : [name]
      ),
      ["disk"],
    );
    assert.deepEqual(await site.leftovers(), []);
  },
);

toolTest(
  ["compiled", "atlas"],
  "compiled: Atlas applies what is inside, and leaves nothing",
  async () => {
    const program = await migrate();
    await using db = await createDatabase();
    const site = await makeSite(db.name);
    const run = await site.run(program, ["--config", site.config, "--json"], {
      env: withAtlas(site),
    });
    assert.equal(run.code, 0, run.err);
    assert.equal(JSON.parse(run.out).engine.name, "atlas");
    assert.equal(JSON.parse(run.out).applied.length, 14);
    assert.deepEqual(await site.leftovers(), []);
  },
);

for (const engine of ["embedded", "atlas"] as const) {
  const needed = engine === "atlas" ? ["compiled", "atlas"] as const : ["compiled"] as const;

  toolTest(needed, `compiled: a failure is told (${engine})`, async () => {
    const program = await migrate();
    await using db = await createDatabase();
    const site = await makeSite(db.name);
    const migrations = join(site.root, "migrations");
    await writeMigrations(migrations, { "bronze/0001_a.sql": "select nonsense;\n" });
    const run = await site.run(
      program,
      ["--config", site.config, "--engine", engine, "--migrations", migrations, "--json"],
      { env: withAtlas(site) },
    );
    assert.equal(run.code, 1);
    assert.equal(JSON.parse(run.out).error.code, "migration_failed");
    assert.match(run.err, /nonsense/);
    assert.doesNotMatch(run.out + run.err, /planted-password/);
    assert.deepEqual(await site.leftovers(), []);
  });

  toolTest(needed, `compiled: Ctrl-C rolls back and leaves nothing (${engine})`, async () => {
    const program = await migrate();
    await using db = await createDatabase();
    const site = await makeSite(db.name);
    const migrations = join(site.root, "migrations");
    await writeMigrations(migrations, SLEEP);
    const child = site.start(
      program,
      ["--config", site.config, "--engine", engine, "--migrations", migrations, "--json"],
      { env: withAtlas(site) },
    );
    const result = ended(child);
    await asleep(db, result);
    // Where it has ended already, its own words say why.
    if (await Promise.race([result, undefined]) === undefined) child.kill("SIGINT");
    const run = await result;
    assert.equal(run.code, 130, run.err);
    assert.equal(JSON.parse(run.out).error.code, "interrupted");
    assert.equal((await db.sql("select 1 from pg_namespace where nspname = 'silver'")).length, 0);
    assert.deepEqual(await site.leftovers(), []);
  });

  toolTest(
    needed,
    `compiled: spaces and letters beyond ASCII in every path (${engine})`,
    async () => {
      const program = await migrate();
      await using db = await createDatabase();
      const site = await makeSite(db.name, "Ein Ort mit Grüßen, 漢字 & 'quotes' ${x} %41");
      const copy = join(site.root, "migräte it");
      await Deno.copyFile(program, copy);
      const migrations = join(site.root, "meine Migrationen");
      await writeMigrations(migrations, {
        "bronze/0001_a.sql": 'create schema bronze;\r\ncreate table bronze."ü" (i int);\r\n',
      });
      const run = await site.run(
        copy,
        ["--config", site.config, "--engine", engine, "--migrations", migrations, "--json"],
        { env: withAtlas(site) },
      );
      assert.equal(run.code, 0, run.err);
      assert.deepEqual(await site.leftovers(), []);
    },
  );
}

toolTest(
  "compiled",
  "compiled: needs no environment, no home, no known user and nothing to write",
  async () => {
    const program = await migrate();
    await using db = await createDatabase();
    const site = await makeSite(db.name);
    const asRoot = Deno.uid() === 0;
    await Deno.chmod(join(site.root, "work"), 0o555);
    // Root may write everywhere; a stranger nowhere here.
    const run = await site.run(program, ["--config", site.config, "--json"], {
      // The older runtime of the test tools does not start without any PATH; ours does.
      env: { PATH: "" },
      ...(asRoot ? { uid: 54_321 } : {}),
    });
    assert.equal(run.code, 0, run.err);
    assert.equal(JSON.parse(run.out).applied.length, 14);
  },
);

toolTest(
  ["compiled", "atlas"],
  "compiled: without a temporary folder Atlas fails before it connects, the embedded engine does not mind",
  async () => {
    const program = await migrate();
    await using db = await createDatabase();
    const site = await makeSite(db.name);
    const env = { ...withAtlas(site), TMPDIR: join(site.root, "nowhere") };
    const refused = await site.run(
      program,
      // Were it to connect, it would say that there is no such database.
      ["--config", (await makeSite("no_such_database")).config, "--engine", "atlas", "--json"],
      { env },
    );
    assert.equal(refused.code, 2, refused.err);
    assert.equal(JSON.parse(refused.out).error.code, "temporary_folder");
    const run = await site.run(program, ["--config", site.config, "--engine", "embedded"], { env });
    assert.equal(run.code, 0, run.err);
  },
);

toolTest(
  "denort",
  "deno task compile takes in a migration that was added and embedded, with CRLF in it",
  async (denort) => {
    const copy = await copyOfProject();
    await addMigration(copy, "gold/0015_added.sql", CRLF);
    const env = { DENORT_BIN: denort, DENO_COMPILER: COMPILER };
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "compile"],
      cwd: copy,
      env,
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const made = [...Deno.readDirSync(join(copy, "bin"))].map(({ name }) => name);
    assert.deepEqual(made.toSorted(), ["genmigrate", "migrate"]);
    const program = join(copy, "bin/migrate");
    for (const engine of ["embedded", ...tools.atlas === undefined ? [] : ["atlas"]]) {
      await using db = await createDatabase();
      const site = await makeSite(db.name);
      const args = ["--config", site.config, "--json", "--engine", engine];
      const run = await site.run(program, args, { env: withAtlas(site) });
      assert.equal(run.code, 0, run.err);
      const { file } = JSON.parse(run.out).applied.at(-1);
      assert.equal(file, "deploy/migrations/gold/0015_added.sql");
      assert.equal((await db.sql("select text from gold.added"))[0]?.["text"], "a\r\nb");
    }
  },
);

toolTest(
  ["compiled", "atlas", "strace"],
  "compiled: writes nothing but its temporary folder and the reports that are named, and starts nothing but Atlas",
  async (_compiled, atlas, strace = "") => {
    const program = await migrate();
    await using db = await createDatabase();
    const site = await makeSite(db.name);
    const log = join(site.root, "trace");
    const reports = ["report.xml", "quality.json"].map((name) => join(site.root, "work", name));
    const [junit = "", quality = ""] = reports;
    const run = await site.run(program, [
      ...["--config", site.config, "--engine", "atlas"],
      ...["--junit", junit, "--code-quality", quality],
    ], {
      env: withAtlas(site),
      through: [strace, "-f", "-q", "-o", log, "-e", "trace=execve,%file"],
    });
    assert.equal(run.code, 0, run.err);
    const calls = (await Deno.readTextFile(log)).split("\n");
    const started = calls.flatMap((call) => / execve\("([^"]+)".* = 0$/.exec(call)?.[1] ?? []);
    assert.deepEqual([...new Set(started)], [program, atlas]);
    const temp = join(site.root, "temp/");
    const written = calls.filter(writes);
    assert.ok(written.some((call) => call.includes(temp)));
    for (const call of written) {
      const path = /"([^"]*)"/.exec(call)?.[1] ?? "";
      // A report is written beside its place, and moved there whole.
      const named = reports.includes(path) || /\/work\/\.[-0-9a-f]{36}\.migrate$/.test(path);
      assert.ok(path.startsWith(temp) || named || path.startsWith("/dev/"), call);
    }
    assert.deepEqual((await site.leftovers()).toSorted(), ["work/quality.json", "work/report.xml"]);
  },
);

// Changes the mount in a namespace of its own, and goes on only where nothing can be written.
const READ_ONLY = [
  ...["/usr/bin/unshare", "-m", "/bin/sh", "-c"],
  '/bin/mount -o remount,ro,bind / && ! /usr/bin/touch "$0" 2>/dev/null && exec "$@"',
  "/tmp/hotpot-read-only-probe",
];
const canMount = await new Deno.Command(READ_ONLY[0] ?? "", {
  args: [...READ_ONLY.slice(1), "/bin/true"],
  stdout: "null",
  stderr: "null",
}).output().then(({ success }) => success, () => false);

toolTest(
  "compiled",
  `compiled: runs from a read-only file system${canMount ? "" : " [needs the right to mount]"}`,
  async () => {
    const program = await migrate();
    await using db = await createDatabase();
    const site = await makeSite(db.name);
    const run = await site.run(program, ["--config", site.config, "--json"], {
      through: READ_ONLY,
    });
    assert.equal(run.code, 0, run.err);
    assert.equal(JSON.parse(run.out).applied.length, 14);
  },
  { ignore: !canMount },
);

toolTest(
  ["compiled", "strace"],
  "compiled: the embedded engine writes nothing at all, and starts nothing",
  async (_compiled, strace = "") => {
    const program = await migrate();
    await using db = await createDatabase();
    const site = await makeSite(db.name);
    const log = join(site.root, "trace");
    const run = await site.run(program, ["--config", site.config, "--engine", "embedded"], {
      through: [strace, "-f", "-q", "-o", log, "-e", "trace=execve,%file"],
    });
    assert.equal(run.code, 0, run.err);
    const calls = (await Deno.readTextFile(log)).split("\n");
    const started = calls.flatMap((call) => / execve\("([^"]+)".* = 0$/.exec(call)?.[1] ?? []);
    assert.deepEqual([...new Set(started)], [program]);
    for (const call of calls.filter(writes)) {
      assert.ok((/"([^"]*)"/.exec(call)?.[1] ?? "").startsWith("/dev/"), call);
    }
  },
);

toolTest("compiled", "compiled: a second Ctrl-C ends what does not end at the first", async () => {
  const program = await migrate();
  await using db = await createDatabase();
  const site = await makeSite(db.name);
  const bin = join(site.root, "bin");
  await Deno.mkdir(bin);
  const began = join(site.root, "began");
  // An Atlas that reads nothing and minds no signal.
  await Deno.writeTextFile(
    join(bin, "atlas"),
    `#!/bin/sh\n[ "$1" = version ] && echo "atlas community version v1.2.3" && exit\ntrap '' INT TERM HUP\necho $$ > ${began}\nwhile :; do sleep 0.1; done\n`,
    { mode: 0o755 },
  );
  const child = site.start(program, ["--config", site.config, "--engine", "atlas"], {
    env: { ...withAtlas(site), PATH: `${bin}:/usr/bin:/bin` },
  });
  const result = ended(child);
  let over = false;
  result.finally(() => over = true);
  const pid = async () => Number(await Deno.readTextFile(began).catch(() => ""));
  while (!over && await pid() === 0) await new Promise((wake) => setTimeout(wake, 20));
  const atlas = await pid();
  try {
    child.kill("SIGINT");
    await new Promise((wake) => setTimeout(wake, 100));
    child.kill("SIGINT");
    const run = await result;
    assert.equal(run.code, 130, run.err);
    assert.doesNotMatch(run.out + run.err, /planted-password/);
  } finally {
    if (atlas > 0) {
      try {
        Deno.kill(atlas, "SIGKILL");
      } catch {
        // It has ended, as it should.
      }
    }
  }
});

/** Whether a system call, as strace writes it, changed something in the file system. */
function writes(call: string): boolean {
  if (/ = -1 /.test(call)) return false;
  return /O_(?:WRONLY|RDWR|CREAT|TRUNC)/.test(call) ||
    / (?:mkdir|rename|link|symlink|chmod|mknod|truncate)(?:at)?2?\(/.test(call);
}
