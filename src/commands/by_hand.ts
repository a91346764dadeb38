import { MigrateError } from "../errors.ts";
import { nameOf } from "../failure.ts";
import {
  type FileState,
  isPartial,
  type Migration,
  type Pool,
  resolvedRow,
  resolveSteps,
  type Revision,
  REVISION_TYPE,
  Statements,
  STATES,
  statesOf,
} from "../migrations/mod.ts";

/** What an operator says of a file after having put things right by hand. */
export type Outcome = "applied" | "rolled_back";

/** What that comes to in the history, and in words. */
export type ByHand =
  | { readonly kind: "nothing"; readonly says: string }
  | { readonly kind: "remove"; readonly says: string }
  | { readonly kind: "write"; readonly says: string; readonly row: Revision };

/**
 * Decides what to record of a file that somebody has seen to by hand. What is recorded already is
 * nothing to do, so that a command may be repeated.
 *
 * @throws {MigrateError} `version_unknown`; `resolve_refused` when the file is applied and shall
 * count as never begun, or when another one has to be seen to first.
 */
export function planByHand(
  pool: Pool,
  rows: readonly Revision[],
  options: { readonly version: string; readonly outcome: Outcome; readonly operator: string },
): ByHand {
  const states = statesOf(pool, rows);
  const file = states.find(({ version }) => version === options.version);
  if (file === undefined) throw unknown(options.version);
  const name = labelOf(file);
  if (options.outcome === "rolled_back") {
    if (file.state === "failed") {
      return { kind: "remove", says: `${name} counts as never begun: its row is removed` };
    }
    if (isOpen(file)) return { kind: "nothing", says: `${name} is not begun; it is pending` };
    throw applied(file);
  }
  if (file.state !== "failed" && !isOpen(file)) {
    const { says } = STATES[file.state];
    const state = file.row === undefined ? says : "applied already";
    return { kind: "nothing", says: `${name} is ${state}` };
  }
  const before = states.slice(0, states.indexOf(file)).find(({ state }) =>
    state === "failed" || (file.state === "pending" && STATES[state].differs && isOpen({ state }))
  );
  if (file.state !== "failed" && before !== undefined) throw comesFirst(before, file);
  const says = `${name} counts as applied: set by hand`;
  return { kind: "write", says, row: doneRow(file, options.operator) };
}

/** Whether a file was never begun and is still to be applied. */
function isOpen({ state }: Pick<FileState, "state">): boolean {
  return state === "pending" || state === "out_of_order";
}

function doneRow({ migration, row, version }: FileState, operator: string): Revision {
  if (row === undefined) {
    if (migration === undefined) throw unknown(version);
    return resolvedRow(migration, operator);
  }
  // Atlas would go on with a file whose row does not count all of its statements.
  const total = migration === undefined ? row.total : statementsIn(migration);
  return {
    ...row,
    type: row.type | REVISION_TYPE.resolved,
    applied: total,
    total,
    error: "",
    errorStatement: "",
    hash: migration?.hash ?? row.hash,
    partialHashes: [],
    operatorVersion: operator,
  };
}

function statementsIn({ path, texts }: Migration): number {
  return new Statements(texts, { file: path }).length;
}

function labelOf({ migration, row, version }: FileState): string {
  if (migration !== undefined) return nameOf(migration);
  return row === undefined || row.description === "" ? version : `${version}_${row.description}`;
}

function unknown(version: string): MigrateError {
  return new MigrateError("version_unknown", `Cannot find "${version}": no such migration`, {
    hint: "Give a version that migrate status lists, as 0007",
    next: [{ command: "migrate status" }],
    data: { version },
  });
}

function applied(file: FileState): MigrateError {
  const { version } = file;
  const state = file.row === undefined ? STATES[file.state].says : "applied, and not half done";
  return new MigrateError("resolve_refused", `Cannot roll back ${labelOf(file)}: it is ${state}`, {
    hint: "To undo what a migration did, write a new one that does the contrary",
    data: { version },
  });
}

function comesFirst(before: FileState, { migration, version }: FileState): MigrateError {
  const half = before.row !== undefined && isPartial(before.row);
  const name = migration === undefined ? version : nameOf(migration);
  return new MigrateError(
    "resolve_refused",
    `Cannot record ${name} as applied: ${labelOf(before)} ${
      half ? "is half done" : "comes first, and is not applied"
    }`,
    {
      hint: `Say first what became of ${before.version}`,
      next: half ? resolveSteps(before.version) : [
        {
          command: `migrate resolve ${before.version} --applied`,
          when: "all that it does is in the database",
        },
        { command: "migrate status", when: "to see the others" },
      ],
      data: { version, first: before.version },
    },
  );
}
