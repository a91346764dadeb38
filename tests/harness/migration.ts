import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { writeMigrations } from "./site.ts";

/** SQL as an editor on Windows writes it; the text in it keeps its line end. */
export const CRLF =
  "create table gold.added (text text);\r\ninsert into gold.added\r\nvalues ('a\r\nb');\r\n";

/** Adds a migration to a copy of the project, sums it and has it embedded. */
export async function addMigration(copy: string, path: string, text: string): Promise<void> {
  const layer = dirname(path);
  const folder = join(copy, "deploy/migrations", layer);
  const files: Record<string, string> = { [path]: text };
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".sql")) continue;
    files[`${layer}/${name}`] = await Deno.readTextFile(join(folder, name));
  }
  await writeMigrations(dirname(folder), files);
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "embed"],
    cwd: copy,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}
