import type { NextStep } from "../errors.ts";
import { type FileState, resolveSteps, type State } from "../migrations/mod.ts";

/** What to do next with a database, and the commands that it comes to. */
export interface Advice {
  readonly says: string | undefined;
  readonly next: readonly NextStep[];
}

/** Looks at what stands most in the way first. */
export function adviseOn(files: readonly FileState[]): Advice {
  const first = (...states: readonly State[]) =>
    files.find(({ state }) => states.includes(state))?.version;
  if (first("changed", "missing") !== undefined) {
    return {
      says: "Restore the files as they were applied; put the change into a new migration",
      next: [{ command: "migrate --allow-changed", when: "go on all the same" }],
    };
  }
  const late = first("out_of_order");
  const half = files.find(({ state }) => state === "failed");
  if (half !== undefined) return { says: halfDone(files, half), next: resolveSteps(half.version) };
  if (late !== undefined) {
    return {
      says: undefined,
      next: [
        { command: "migrate --exec-order non-linear", when: "apply it late" },
        { command: `migrate resolve ${late} --applied`, when: "it was done by hand already" },
      ],
    };
  }
  if (first("pending") !== undefined) {
    return {
      says: undefined,
      next: [
        { command: "migrate plan", when: "what will be done" },
        { command: "migrate", when: "do it" },
      ],
    };
  }
  if (first("unknown") !== undefined) {
    return {
      says: "Use a program that has those versions",
      next: [{ command: "migrate version", when: "what is inside this one" }],
    };
  }
  return { says: "Nothing to do", next: [] };
}

/** Only the last file that was begun can be gone on with. */
function halfDone(
  files: readonly FileState[],
  { migration, row, version }: FileState,
): string {
  const later = files.some((file) => file.row !== undefined && file.version > version);
  if (row === undefined || later) return `See to ${version} by hand, then say what you did:`;
  return migration === undefined
    ? `Use the program that has ${version}; or see to it by hand, then say what you did:`
    : `Repair ${version} from statement ${row.applied + 1} on, then run migrate; or by hand, then:`;
}
