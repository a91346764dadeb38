import { join } from "node:path";
import { administer } from "./postgres.ts";

/** SQL of the kind that people keep in files, among it what `pg_dump` writes. */
export async function sqlFiles(): Promise<readonly string[]> {
  return await textsIn("tests/testdata/sql");
}

/** The SQL that comes with the server: its own views and the extensions beside it. */
export async function serverFiles(): Promise<readonly string[]> {
  const [row] = await administer("select setting from pg_config where name = 'SHAREDIR'");
  const folder = String(row?.["setting"]);
  return [...await textsIn(folder), ...await textsIn(join(folder, "extension"))];
}

/** A text with the ends of lines of other systems, without one at its end, and cut short. */
export function variationsOf(text: string): readonly string[] {
  return [
    text,
    text.replaceAll("\n", "\r\n"),
    text.replaceAll("\n", "\r"),
    text.trimEnd(),
    text.slice(0, Math.floor(text.length * 0.6)),
  ];
}

async function textsIn(folder: string): Promise<readonly string[]> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  return await Promise.all(
    names.filter((name) => name.endsWith(".sql")).toSorted()
      .map((name) => Deno.readTextFile(join(folder, name))),
  );
}
