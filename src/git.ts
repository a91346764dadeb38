import { createHash } from "node:crypto";
import { MigrateError } from "./errors.ts";

/** The files of a directory as another branch has them: their paths, and git's names of their content. */
export interface BaseFiles {
  /** The branch, as it was named. */
  readonly ref: string;
  /** Paths relative to the directory. */
  readonly blobs: ReadonlyMap<string, string>;
}

/** How git is run. */
export interface GitOptions {
  /** The directory whose files are asked for; it must be in a working tree. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The branch that others build on, unless `--base` names another. */
export const DEFAULT_BASE = "origin/main";

/**
 * The files of a branch at its tip, or at the place where the present branch left it. Returns nothing
 * when there is no such branch.
 *
 * @throws {MigrateError} `git_failed` without git, or outside a working tree.
 */
export async function readBase(
  ref: string,
  options: GitOptions & { readonly at: "tip" | "fork" },
): Promise<BaseFiles | undefined> {
  await git(["rev-parse", "--is-inside-work-tree"], options);
  const tip = await git(
    ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`],
    {
      ...options,
      orNothing: true,
    },
  );
  if (tip === undefined) return undefined;
  const fork = options.at === "tip"
    ? undefined
    : await git(["merge-base", tip.trim(), "HEAD"], { ...options, orNothing: true });
  const list = await git(["ls-tree", "-r", "-z", (fork ?? tip).trim(), "--", "."], options) ?? "";
  const blobs = new Map<string, string>();
  for (const entry of list.split("\0")) {
    const [head = "", path] = entry.split("\t");
    const [, type, name] = head.split(" ");
    if (type === "blob" && path !== undefined && name !== undefined) blobs.set(path, name);
  }
  return { ref, blobs };
}

/** The error of a command that needs a branch that is not there. */
export function baseMissing(ref: string): MigrateError {
  return new MigrateError("base_missing", `Cannot compare with "${ref}": there is no such branch`, {
    hint: "Fetch it, or name the branch that others build on with --base",
  });
}

/** Whether a text is the content that git calls by a name (SHA-1, or SHA-256 in newer repositories). */
export function isBlob(text: string, name: string): boolean {
  const bytes = new TextEncoder().encode(text);
  const hash = createHash(name.length === 64 ? "sha256" : "sha1");
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest("hex") === name;
}

async function git(
  args: readonly string[],
  options: GitOptions & { readonly orNothing?: boolean },
): Promise<string | undefined> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command("git", {
      args: ["-C", options.directory, ...args],
      clearEnv: true,
      env: { PATH: options.env["PATH"] ?? "", HOME: options.env["HOME"] ?? "", LC_ALL: "C" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
  } catch (cause) {
    throw new MigrateError("git_failed", "git: command not found", {
      hint: "Install git and put it on the PATH",
      cause,
    });
  }
  if (output.code === 0) return new TextDecoder().decode(output.stdout);
  if (options.orNothing) return undefined;
  throw new MigrateError(
    "git_failed",
    `Cannot ask git about "${options.directory}": ${
      withoutLogins(
        new TextDecoder().decode(output.stderr).trim().replace(/^fatal: /, "").split("\n")[0] ?? "",
      )
    }`,
    { hint: "Run this inside a working tree of the repository" },
  );
}

/** Git writes the address of a remote as it is, also where it holds a password or a token. */
function withoutLogins(text: string): string {
  return text.replace(/(?<=:\/\/)[^/\s]*@/g, "****@");
}
