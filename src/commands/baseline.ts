import { MigrateError } from "../errors.ts";
import { nameOf } from "../failure.ts";
import { baselineRow, planApply } from "../migrations/mod.ts";
import { createRevisions, writeRevision } from "../postgres/mod.ts";
import { confirm, type RecordRequest, underLocks } from "./under_locks.ts";

/** What was recorded. */
export interface BaselineReport {
  readonly version: string;
  /** How many files are left to be applied. */
  readonly pending: number;
}

/**
 * Records that a database without history has everything up to a version, as Atlas does with
 * `--baseline` (a row of type 1 without a hash), and applies nothing.
 *
 * @throws {MigrateError} `baseline_not_found`, `history_exists`, `not_confirmed` and the codes of
 * `underLocks`.
 */
export async function baseline(
  request: RecordRequest & { readonly version: string },
): Promise<BaselineReport> {
  const { operator, pool, version } = request;
  return await underLocks(request, async ({ rows, session, table }) => {
    if (rows.length > 0) {
      throw new MigrateError(
        "history_exists",
        `Cannot take over at "${version}": the database has a history up to ${
          rows.at(-1)?.version
        }`,
        { hint: "Run: migrate status", data: { version } },
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
    confirm(
      request,
      `the database has everything up to ${nameOf(file)}; ${pending.length} are left to apply`,
    );
    if (!table.exists) await createRevisions(session, table);
    await writeRevision(session, table, baselineRow(file, operator));
    return { version, pending: pending.length };
  });
}
