import assert from "node:assert/strict";
import { configFile } from "../harness/config.ts";
import { folderOf } from "../harness/atlas.ts";
import { revisionsOf } from "../harness/history.ts";
import { createDatabase } from "../harness/postgres.ts";
import { migrate } from "../harness/program.ts";
import { sumsOf } from "../harness/run.ts";

const FILES = [
  { name: "1_a.sql", text: "create table a (i int);\n" },
  { name: "2_b.sql", text: "create table b (i int);\n" },
];
const MORE = [...FILES, { name: "3_c.sql", text: "create table c (i int);\n" }];

function plain(files: typeof FILES): Record<string, string> {
  return {
    ...Object.fromEntries(files.map(({ name, text }) => [name, text])),
    "atlas.sum": sumsOf(files),
  };
}

Deno.test("a run with nothing to do reads no file; verify does, and so does whoever has something to do", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  await using folder = await folderOf(plain(FILES));
  const flags = ["-c", config.path, "--migrations", folder.path];
  const apply = () => migrate([...flags, "--engine", "embedded"]);
  assert.equal((await apply()).code, 0);
  await Deno.writeTextFile(`${folder.path}/1_a.sql`, "create table other (i int);\n");
  const idle = await apply();
  assert.equal(idle.code, 0, idle.err);
  assert.match(idle.out, /Nothing to do/);
  const verified = await migrate(["verify", ...flags]);
  assert.equal(verified.code, 2, verified.err);
  assert.match(verified.err, /sum_mismatch/);
  await Deno.writeTextFile(`${folder.path}/3_c.sql`, MORE[2]?.text ?? "");
  await Deno.writeTextFile(`${folder.path}/atlas.sum`, sumsOf(MORE));
  const refused = await apply();
  assert.equal(refused.code, 2, refused.err);
  assert.match(refused.err, /sum_mismatch.*"1_a\.sql" was edited/s);
  assert.equal((await revisionsOf(db)).length, 2);
  await Deno.writeTextFile(`${folder.path}/1_a.sql`, FILES[0]?.text ?? "");
  assert.equal((await apply()).code, 0);
  assert.equal((await revisionsOf(db)).length, 3);
});

Deno.test("a run notices sums that do not fit the names, the history, or themselves, without reading", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  await using folder = await folderOf(plain(FILES));
  const apply = () =>
    migrate(["-c", config.path, "--migrations", folder.path, "--engine", "embedded"]);
  const sums = (text: string) => Deno.writeTextFile(`${folder.path}/atlas.sum`, text);
  assert.equal((await apply()).code, 0);
  const good = sumsOf(FILES);
  await sums(sumsOf(MORE));
  assert.match((await apply()).err, /sum_mismatch.*"3_c\.sql" was removed/s);
  await sums(good.replace(/^h1:./, "h1:x"));
  assert.match((await apply()).err, /sum_mismatch.*first line/s);
  await Deno.remove(`${folder.path}/atlas.sum`);
  assert.match((await apply()).err, /sum_missing/);
  const edited = [{ name: "1_a.sql", text: "create table other (i int);\n" }, ...FILES.slice(1)];
  await Deno.writeTextFile(`${folder.path}/1_a.sql`, edited[0]?.text ?? "");
  await sums(sumsOf(edited));
  assert.match((await apply()).err, /migration_changed/);
});
