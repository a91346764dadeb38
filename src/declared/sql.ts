import { basename } from "node:path";
import { checkText } from "../migrations/mod.ts";
import type { Declaration } from "./declaration.ts";
import { readBytes } from "./entries.ts";

/**
 * Reads the files of a `sql` declaration as one text, each under a comment with its name.
 *
 * @throws {MigrateError} `schema_unreadable`, `migration_encoding`.
 */
export async function readSqlDeclaration(declaration: Declaration): Promise<string> {
  const parts = declaration.paths.map(async (path) => {
    const text = checkText(await readBytes(path), path);
    return `-- ${basename(path)}\n${text}${text.endsWith("\n") ? "" : "\n"}`;
  });
  return (await Promise.all(parts)).join("\n");
}
