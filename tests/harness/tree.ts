import { join } from "node:path";

/** Every file below a folder by its path, with its text; a link with where it leads to. */
export async function treeOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const files: [string, string][] = [];
  const walk = async (inner: string) => {
    for await (const entry of Deno.readDir(join(folder, inner))) {
      const name = inner === "" ? entry.name : `${inner}/${entry.name}`;
      const path = join(folder, name);
      if (entry.isSymlink) files.push([name, `-> ${await Deno.readLink(path)}`]);
      else if (entry.isDirectory) await walk(name);
      else files.push([name, await Deno.readTextFile(path)]);
    }
  };
  await walk("");
  return Object.fromEntries(files.sort(([a], [b]) => a < b ? -1 : 1));
}
