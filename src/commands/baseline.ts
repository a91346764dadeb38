import { MigrateError } from "../errors.ts";
import { nameOf } from "../failure.ts";
import { baselineRow, planApply, REVISION_TYPE, statesOf } from "../migrations/mod.ts";
import { createRevisions, writeRevision } from "../postgres/mod.ts";
import { type RecordRequest, underLocks } from "./under_locks.ts";

/** What a takeover came to. */
export interface BaselineReport {
  readonly version: string;
  /** False when the history says it already. */
  readonly recorded: boolean;
  /** How many files are left to be applied. */
  readonly pending: number;
}

/**
 * Records that a database without history has everything up to a version, as Atlas does with
 * `--baseline` (a row of type 1 without a hash), and applies nothing. A history that begins with
 * the same baseline is left as it is.
 *
 * @throws {MigrateError} `baseline_not_found`, `history_exists`, the codes of `underLocks`, and what
 * `confirm` throws.
 */
export async function baseline(
  request: RecordRequest & { readonly version: string },
): Promise<BaselineReport> {
  const { operator, pool, version } = request;
  return await underLocks(request, async ({ rows, session, table }) => {
    if (rows.some((row) => row.version === version && row.type === REVISION_TYPE.baseline)) {
      const pending = statesOf(pool, rows).filter(({ state }) => state === "pending").length;
      return { version, recorded: false, pending };
    }
    if (rows.length > 0) {
      throw new MigrateError(
        "history_exists",
        `Cannot take over at "${version}": the database has a history up to ${
          rows.at(-1)?.version
        }`,
        {
          hint: "See which files it has; single ones can be recorded with migrate resolve",
          next: [{ command: "migrate status" }],
          data: { version },
        },
      );
    }
    const plan = planApply(pool, rows, {
      execOrder: "linear",
      txMode: "file",
      allowDirty: false,
      clean: true,
      baseline: version,
    });
    const { baseline: file, pending } = plan;
    if (file === undefined) throw new Error("a plan with a baseline has none");
    await request.confirm(
      `the database has everything up to ${nameOf(file)}; ${pending.length} are left to apply`,
    );
    if (!table.exists) await createRevisions(session, table);
    await writeRevision(session, table, baselineRow(file, operator));
    return { version, recorded: true, pending: pending.length };
  });
}
