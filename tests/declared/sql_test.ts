import assert from "node:assert/strict";
import { join } from "node:path";
import { findDeclarations, readSqlDeclaration } from "../../src/declared/mod.ts";
import { folderOf } from "../harness/atlas.ts";

Deno.test("readSqlDeclaration() joins the files of a layer under their names", async () => {
  await using folder = await folderOf({
    "bronze/b.sql": "create table bronze.b ()",
    "bronze/a.sql": "create schema bronze;\n",
  });
  const [declaration] = await findDeclarations(folder.path);
  assert.ok(declaration !== undefined);
  assert.equal(
    await readSqlDeclaration(declaration),
    "-- a.sql\ncreate schema bronze;\n\n-- b.sql\ncreate table bronze.b ()\n",
  );
});

Deno.test("readSqlDeclaration() refuses a byte order mark and names the file", async () => {
  await using folder = await folderOf({ "gold.sql": "\ufeffselect 1;" });
  const [declaration] = await findDeclarations(folder.path);
  assert.ok(declaration !== undefined);
  await assert.rejects(readSqlDeclaration(declaration), {
    code: "migration_encoding",
    message: `Cannot read "${join(folder.path, "gold.sql")}": there is a byte order mark at byte 0`,
  });
});
