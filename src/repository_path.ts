import { dirname, isAbsolute, join, relative, resolve } from "node:path";

/**
 * Makes paths of migrations what a forge calls them: relative to the root of the repository, with
 * slashes. `folder` is the folder of `--migrations`; files that are inside the program stand in the
 * repository by their own paths.
 */
export async function repositoryPaths(
  folder: string | undefined,
  { workspace }: { readonly workspace: string | undefined },
): Promise<(path: string) => string> {
  if (folder === undefined) return (path) => path;
  const root = await rootAbove(resolve(folder)) ?? (workspace || ".");
  const from = resolve(root);
  return (path) => {
    const inside = relative(from, resolve(path));
    // What stands outside has no name there; its own path tells a person most.
    const outside = inside === "" || inside.startsWith("..") || isAbsolute(inside);
    return (outside ? path : inside).replaceAll("\\", "/");
  };
}

/** The nearest folder upwards in which a repository begins; a worktree has a file `.git`. */
async function rootAbove(folder: string): Promise<string | undefined> {
  for (let at = folder;; at = dirname(at)) {
    try {
      await Deno.stat(join(at, ".git"));
      return at;
    } catch {
      if (dirname(at) === at) return undefined;
    }
  }
}
