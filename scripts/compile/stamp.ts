import { run } from "./run.ts";

/** What a build says of its sources. */
export interface Stamp {
  /** The commit, with `-modified` behind it when files differ; nothing outside a checkout. */
  readonly commit: string | undefined;
  /** The time of everything in the build, in seconds: two builds of one commit are equal. */
  readonly epoch: number;
}

// Archives know no time before this (1980-01-01).
const EARLIEST = 315_532_800;

/** Reads the stamp from git, and the time from SOURCE_DATE_EPOCH where that is set. */
export async function readStamp(root: string): Promise<Stamp> {
  const git = (...args: string[]) =>
    run(["git", "-C", root, ...args], { what: "ask git" }).then((text) => text.trim());
  const given = Deno.env.get("SOURCE_DATE_EPOCH");
  try {
    const [commit = "", time = ""] = (await git("log", "-1", "--format=%H %ct")).split(" ");
    const modified = await git("status", "--porcelain", "--untracked-files=no") !== "";
    return {
      commit: `${commit}${modified ? "-modified" : ""}`,
      epoch: Math.max(EARLIEST, Number(given ?? time)),
    };
  } catch {
    // An archive of the sources, or no git.
    return { commit: undefined, epoch: Math.max(EARLIEST, Number(given ?? 0)) };
  }
}
