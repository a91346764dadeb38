import { join } from "node:path";
import { tools } from "./tools.ts";

/** A folder for the PATH in which Atlas has its name. */
export async function atlasFolder(folder: string): Promise<string> {
  const path = join(folder, "bin");
  await Deno.mkdir(path, { recursive: true });
  if (tools.atlas !== undefined) {
    await Deno.symlink(tools.atlas, join(path, "atlas")).catch(() => {});
  }
  return path;
}

/** The arguments and environments of a process and all that descend from it. */
export async function lookAtTree(
  root: number,
): Promise<{ readonly processes: readonly string[]; readonly text: string }> {
  const parents = new Map<number, number>();
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => "");
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  }
  const tree = [...parents.keys()].filter((pid) => {
    for (let at: number | undefined = pid; at !== undefined; at = parents.get(at)) {
      if (at === root) return true;
    }
    return false;
  });
  let text = "";
  const processes: string[] = [];
  for (const pid of tree) {
    // A process may end while it is looked at.
    const line = await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "");
    processes.push(line.replaceAll("\0", " "));
    text += line + await Deno.readTextFile(`/proc/${pid}/environ`).catch(() => "");
  }
  return { processes, text };
}

/** The text of every file below a folder. */
export async function textBelow(folder: string): Promise<string> {
  let text = "";
  for await (const { isDirectory, name } of Deno.readDir(folder)) {
    const path = join(folder, name);
    text += isDirectory ? await textBelow(path) : await Deno.readTextFile(path);
  }
  return text;
}
