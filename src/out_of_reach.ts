/** Why a path cannot be used, and what to do about it. */
export interface OutOfReach {
  /** To be read behind the path. */
  readonly state: string;
  readonly hint: string;
}

/**
 * Tells that a path leads to where Deno keeps every program from files that is not allowed
 * everything, as /dev/shm; nothing if an error has another cause. Neither the rights on a file nor a
 * permission for it matters there: https://docs.deno.com/runtime/fundamentals/security/
 */
export function outOfReach(error: unknown): OutOfReach | undefined {
  if (!(error instanceof Error) || error.name !== "NotCapable") return undefined;
  // The path is the one that links lead to. A permission that is missing is told in other words.
  const [, folder] = /^Requires all access to "(\/(?:dev|proc|sys))\//.exec(error.message) ?? [];
  if (folder === undefined) return undefined;
  return {
    state: `leads below ${folder}, where this program may use no files`,
    hint: "Name one outside of /dev, /proc and /sys, as below /run",
  };
}
