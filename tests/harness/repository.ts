import { join } from "node:path";
import { foldersOf } from "./run.ts";
import { folderOf } from "./atlas.ts";

/** A git repository with migrations below `migrations/`. */
export interface Repository extends AsyncDisposable {
  readonly root: string;
  /** The directory of migrations. */
  readonly out: string;
  /** Writes migrations and the sums of their layers. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Runs git; a failure is an error unless `orFail` says otherwise. */
  git(...args: readonly string[]): Promise<string>;
  commit(message: string): Promise<void>;
}

/** Makes a repository whose main branch, also known as `origin/main`, has some migrations. */
export async function createRepository(
  files: Readonly<Record<string, string>>,
  options: { readonly format?: "sha1" | "sha256" } = {},
): Promise<Repository> {
  const folder = await folderOf({});
  const out = join(folder.path, "migrations");
  const git = async (...args: readonly string[]) => {
    const { code, stderr, stdout } = await new Deno.Command("git", {
      args: ["-C", folder.path, "-c", "user.name=t", "-c", "user.email=t@example.net", ...args],
    }).output();
    const text = new TextDecoder().decode(stdout);
    if (code !== 0 && args[0] !== "merge") {
      throw new Error(`git ${args.join(" ")}: ${text}${new TextDecoder().decode(stderr)}`);
    }
    return text;
  };
  const repository: Repository = {
    root: folder.path,
    out,
    git,
    async write(added) {
      for (const { files, layer, sum } of foldersOf(added)) {
        if (files.length === 0) continue;
        await Deno.mkdir(join(out, layer), { recursive: true });
        for (const { name, text } of files) await Deno.writeTextFile(join(out, layer, name), text);
        await Deno.writeTextFile(join(out, layer, "atlas.sum"), sum ?? "");
      }
    },
    async commit(message) {
      await git("add", "-A");
      await git("commit", "-qm", message);
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
  await git("init", "-q", "-b", "main", `--object-format=${options.format ?? "sha1"}`);
  await repository.write(files);
  await repository.commit("base");
  await git("update-ref", "refs/remotes/origin/main", "HEAD");
  return repository;
}
