import { folderOf } from "./atlas.ts";

/** What a shell has to do for programs to dump their memory when they die. */
export const DUMPING = "ulimit -c unlimited";

/** The core dumps in a folder. */
export async function dumpsIn(folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) names.push(name);
  return names.filter((name) => /\bcore\b/.test(name));
}

/** Whether this machine writes core dumps beside the program that dies, so that they can be looked for. */
export async function writesDumps(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  await using folder = await folderOf({});
  await new Deno.Command("bash", {
    args: ["-c", `${DUMPING}; exec bash -c 'kill -ABRT $$'`],
    cwd: folder.path,
    stdout: "null",
    stderr: "null",
  }).output();
  return (await dumpsIn(folder.path)).length > 0;
}
