import { MigrateError } from "../errors.ts";
import type { Migration } from "./pool.ts";
import type { Revision } from "./revision.ts";

/** The refusal of files that the database has passed without applying them. */
export function outOfOrder(late: readonly Migration[], newest: string): MigrateError {
  const [one] = late;
  return new MigrateError(
    "out_of_order",
    late.length === 1
      ? `Cannot apply "${one?.file}": it was added below ${newest}, which is applied already`
      : `Cannot apply ${late.length} files: they were added below ${newest}, which is applied already`,
    {
      details: late.map(({ path }) => path),
      hint:
        "If they do not depend on the order, run again with --exec-order non-linear; otherwise give them new numbers (genmigrate renumber)",
      data: { files: late.map(({ path }) => path), newest },
    },
  );
}

/** The refusal of a half-done file that something else was applied after. */
export function partialInMiddle(row: Revision): MigrateError {
  return new MigrateError(
    "partial_in_middle",
    `Cannot go on: ${row.version} is half done (${row.applied} of ${row.total} statements), and later files were applied`,
    {
      details: row.error === "" ? [] : [`it failed with: ${row.error}`],
      hint:
        `Finish it by hand, then record it: atlas migrate set, or set applied to ${row.total} in its row`,
      data: { version: row.version, applied: row.applied, total: row.total },
    },
  );
}
