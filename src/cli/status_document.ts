import type { StatusReport } from "../commands/status.ts";
import type { StatusDocument } from "../documents/mod.ts";
import { type FileState, kindOf, layerOf, STATES } from "../migrations/mod.ts";

/** The document of `migrate status`. */
export function statusDocument(report: StatusReport): StatusDocument {
  const counts = (files: readonly FileState[]) =>
    Object.fromEntries(
      Object.keys(STATES).map((state) => [
        state,
        files.filter((file) => file.state === state).length,
      ]),
    ) as StatusDocument["counts"];
  return {
    command: "status",
    status: report.files.some(({ state }) => STATES[state].differs) ? "differs" : "up_to_date",
    ...where(report),
    counts: counts(report.files),
    layers: Object.fromEntries(
      Object.entries(Object.groupBy(report.files, layerOf)).map(([layer, files]) => [
        layer,
        counts(files ?? []),
      ]),
    ),
    files: report.files.map(fileOf),
    error: null,
  };
}

/** What every document about a history says of the place. */
export function where(
  report: StatusReport,
): Pick<StatusDocument, "database" | "revisionsSchema" | "running"> {
  return {
    database: report.database,
    revisionsSchema: report.hasHistory ? report.revisionsSchema : null,
    running: report.running ?? null,
  };
}

/** One version, with its row if there is one. */
export function fileOf(
  { migration, row, state, version }: FileState,
): StatusDocument["files"][number] {
  return {
    version,
    layer: migration?.layer ?? null,
    name: migration?.description ?? row?.description ?? "",
    state,
    kind: row === undefined ? null : kindOf(row),
    statements: row === undefined ? null : { applied: row.applied, total: row.total },
    executedAt: row?.executedAt ?? null,
    elapsedMs: row === undefined ? null : Number(row.executionTimeNs) / 1e6,
    by: row?.operatorVersion ?? null,
    failure: row === undefined || row.error === ""
      ? null
      : { message: row.error, statement: row.errorStatement },
  };
}
