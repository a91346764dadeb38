import assert from "node:assert/strict";
import { join } from "node:path";
import { check } from "../../src/commands/check.ts";
import { hash } from "../../src/commands/hash.ts";
import { newMigration } from "../../src/commands/new_migration.ts";
import { renumber } from "../../src/commands/renumber.ts";
import { readFolders } from "../../src/directory.ts";
import { readBase } from "../../src/git.ts";
import { mergeLayers } from "../../src/migrations/mod.ts";
import { folderOf } from "../harness/atlas.ts";
import { createDatabase } from "../harness/postgres.ts";
import { createRepository, type Repository } from "../harness/repository.ts";
import { applyPool } from "../harness/run.ts";
import { tools, toolTest } from "../harness/tools.ts";

const BASE = {
  "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (id int);\n",
  "silver/0002_b.sql": "create schema silver;\n",
};
const env = { PATH: Deno.env.get("PATH") ?? "", HOME: "/nonexistent" };

for (const format of ["sha1", "sha256"] as const) {
  Deno.test(`hash() writes sums and embed.ts after an edit, and refuses one of the base (${format})`, async () => {
    await using repository = await createRepository(BASE, { format });
    const { out } = repository;
    const base = await baseOf(repository, "fork");
    assert.deepEqual(await hash({ out, base, against: undefined }), ["embed.ts"]);
    assert.deepEqual(await hash({ out, base, against: undefined }), []);
    await Deno.writeTextFile(join(out, "silver/0003_c.sql"), "select 3;\n");
    assert.deepEqual(await hash({ out, base, against: undefined }), [
      "silver/atlas.sum",
      "embed.ts",
    ]);
    assert.equal(mergeLayers(await readFolders(out)).migrations.length, 3);
    await Deno.writeTextFile(join(out, "bronze/0001_a.sql"), "select 1;\n");
    const before = await Deno.readTextFile(join(out, "bronze/atlas.sum"));
    await assert.rejects(hash({ out, base, against: undefined }), { code: "base_changed" });
    assert.equal(await Deno.readTextFile(join(out, "bronze/atlas.sum")), before);
    await Deno.remove(join(out, "bronze/0001_a.sql"));
    await assert.rejects(hash({ out, base, against: undefined }), { code: "base_changed" });
  });
}

Deno.test("hash() refuses what a database has applied, and reads there only", async () => {
  await using repository = await createRepository(BASE);
  await using db = await createDatabase();
  await applyPool(db.database, mergeLayers(await readFolders(repository.out)));
  const { out } = repository;
  const against = {
    database: db.database,
    signal: new AbortController().signal,
    redact: (text: string) => text,
  };
  await Deno.writeTextFile(join(out, "gold-is-no-layer.txt"), "");
  assert.deepEqual(await hash({ out, base: undefined, against }), ["embed.ts"]);
  await Deno.writeTextFile(join(out, "bronze/0001_a.sql"), "create schema bronze;\n");
  await assert.rejects(hash({ out, base: undefined, against }), {
    code: "migration_changed",
    hint: /^Restore the files/,
  });
  // The module does not depend on how the directory is named.
  const embed = await Deno.readTextFile(join(out, "embed.ts"));
  assert.match(embed, /path: "[^"/]+\/migrations\/bronze"/);
});

Deno.test("newMigration() adds an empty, numbered file, or one that was written", async () => {
  await using repository = await createRepository(BASE);
  const { out } = repository;
  const empty = () => Promise.resolve("");
  assert.deepEqual(
    await newMigration({ name: "fill", layer: "gold", out, write: empty }),
    ["gold/0003_fill.sql", "gold/atlas.sum", "embed.ts"],
  );
  const written = await newMigration({
    name: "more",
    layer: "bronze",
    out,
    write: (file) => Promise.resolve(`-- ${file}\nselect 4;\n`),
  });
  assert.deepEqual(written, ["bronze/0004_more.sql", "bronze/atlas.sum", "embed.ts"]);
  assert.deepEqual(
    await newMigration({ name: "no", layer: "gold", out, write: () => Promise.resolve(undefined) }),
    [],
  );
  const { migrations } = mergeLayers(await readFolders(out));
  assert.deepEqual(migrations.map(({ file }) => file).slice(2), ["0003_fill.sql", "0004_more.sql"]);
  assert.equal(migrations[3]?.text, "-- 0004_more.sql\nselect 4;\n");
});

Deno.test("renumber() puts a branch behind what was merged meanwhile, conflict in atlas.sum and all", async () => {
  await using repository = await createRepository(BASE);
  const { git, out } = repository;
  await git("checkout", "-qb", "mine");
  await repository.write({
    "silver/0002_b.sql": BASE["silver/0002_b.sql"],
    "silver/0003_mine.sql": "select 'mine';\n",
  });
  await repository.write({ "gold/0004_mine.sql": "select 'gold';\n" });
  await repository.commit("mine");
  await git("checkout", "-q", "main");
  await repository.write({
    "silver/0002_b.sql": BASE["silver/0002_b.sql"],
    "silver/0003_theirs.sql": "select 'theirs';\n",
  });
  await repository.commit("theirs");
  await git("update-ref", "refs/remotes/origin/main", "HEAD");
  await git("checkout", "-q", "mine");
  await git("merge", "-q", "origin/main");
  assert.match(await Deno.readTextFile(join(out, "silver/atlas.sum")), /<<<<<<</);
  const base = await baseOf(repository, "tip");
  assert.deepEqual(await renumber({ out, base }), [
    { layer: "silver", from: "0003_mine.sql", to: "0004_mine.sql" },
    { layer: "gold", from: "0004_mine.sql", to: "0005_mine.sql" },
  ]);
  const { migrations } = mergeLayers(await readFolders(out));
  assert.deepEqual(
    migrations.map(({ layer, text, version }) => [version, layer, text.split("\n")[0]]).slice(2),
    [
      ["0003", "silver", "select 'theirs';"],
      ["0004", "silver", "select 'mine';"],
      ["0005", "gold", "select 'gold';"],
    ],
  );
  assert.deepEqual(await renumber({ out, base }), []);
  await Deno.writeTextFile(join(out, "silver/0003_theirs.sql"), "select 'mine, too';\n");
  await assert.rejects(renumber({ out, base }), { code: "base_changed" });
});

Deno.test("readBase() tells no branch from no repository", async () => {
  await using repository = await createRepository(BASE);
  const options = { directory: repository.out, env, at: "fork" } as const;
  assert.equal(await readBase("origin/nope", options), undefined);
  assert.equal(await readBase("--upload-pack=x", options), undefined);
  await assert.rejects(readBase("origin/main", { ...options, directory: "/" }), {
    code: "git_failed",
  });
  await assert.rejects(readBase("origin/main", { ...options, env: { PATH: "/nonexistent" } }), {
    code: "git_failed",
  });
});

Deno.test(
  "readBase() shows no log-in of a remote",
  { ignore: Deno.build.os === "windows" },
  async () => {
    await using folder = await folderOf({
      git:
        "#!/bin/sh\necho \"fatal: unable to access 'https://me:planted@git.test/x': no\" >&2; exit 128\n",
    });
    await Deno.chmod(`${folder.path}/git`, 0o755);
    await assert.rejects(
      readBase("origin/main", { directory: ".", env: { PATH: folder.path }, at: "fork" }),
      { code: "git_failed", message: /https:\/\/\*\*\*\*@git\.test\/x/ },
    );
  },
);

toolTest("atlas", "check() finds what is wrong in each of its parts", async () => {
  await using repository = await createRepository(BASE);
  await using db = await createDatabase({ suffix: "_dev" });
  const { out } = repository;
  const schema = join(repository.root, "schema");
  await Deno.mkdir(schema);
  await Deno.writeTextFile(join(schema, "bronze.sql"), BASE["bronze/0001_a.sql"]);
  const states = async () => {
    const results = await check({
      schema,
      out,
      base: await baseOf(repository, "fork"),
      database: db.database,
      scratch: "auto",
      program: { path: tools.atlas ?? "", version: "v1.2.3", edition: "community" },
      env,
      signal: new AbortController().signal,
      redact: (text) => text,
    });
    return results.map(({ findings, state }) =>
      [state, ...findings.map(({ code }) => code)].join(" ")
    );
  };
  assert.deepEqual(await states(), ["ok", "wrong embed_stale", "ok", "ok", "ok"]);
  await hash({ out, base: undefined, against: undefined });
  assert.deepEqual(await states(), ["ok", "ok", "ok", "ok", "ok"]);
  await Deno.writeTextFile(join(schema, "bronze.sql"), "create schema bronze;\n");
  assert.deepEqual(await states(), ["ok", "ok", "ok", "ok", "wrong schema_differs"]);
  await Deno.writeTextFile(join(schema, "bronze.sql"), "create tabel;\n");
  assert.deepEqual(await states(), ["ok", "ok", "ok", "ok", "wrong state_failed"]);
  const write = () => Promise.resolve("select 1/0;\n");
  await newMigration({ name: "bad", layer: "gold", out, write });
  await Deno.writeTextFile(join(schema, "bronze.sql"), BASE["bronze/0001_a.sql"]);
  assert.deepEqual(await states(), ["ok", "ok", "ok", "wrong replay_failed", "skipped"]);
  await Deno.writeTextFile(join(out, "bronze/0001_a.sql"), "select 1;\n");
  assert.deepEqual(await states(), [
    "wrong sum_mismatch",
    "skipped",
    "wrong base_changed",
    "skipped",
    "skipped",
  ]);
});

async function baseOf({ out }: Repository, at: "fork" | "tip") {
  const base = await readBase("origin/main", { directory: out, env, at });
  assert.ok(base !== undefined);
  return base;
}
