import type { ApplyDocument } from "../documents/mod.ts";
import type { Migration } from "../migrations/mod.ts";
import type { ApplyReport } from "../report.ts";
import type { World } from "../world.ts";
import { errorDocument } from "./error_text.ts";

/** The report of a run as the one document of `--json`. */
export function applyDocument(
  report: ApplyReport,
  world: Pick<World, "args">,
): ApplyDocument {
  return {
    command: "apply",
    status: statusOf(report),
    database: report.database,
    serverVersion: report.serverVersion,
    engine: report.engine,
    revisionsSchema: report.revisionsSchema,
    total: report.total,
    before: report.before ?? null,
    after: report.after ?? null,
    applied: report.applied.map(({ migration, statements, skipped, elapsedMs }) => ({
      ...fileOf(migration),
      statements,
      skipped,
      elapsedMs: Math.round(elapsedMs),
    })),
    failed: report.failed === undefined ? null : fileOf(report.failed),
    notStarted: report.notStarted.map(fileOf),
    skipped: report.skipped.map(fileOf),
    unknown: report.unknown,
    invalidIndexes: report.invalidIndexes,
    elapsedMs: Math.round(report.elapsedMs),
    error: report.error === undefined ? null : errorDocument(report.error, world),
  };
}

function statusOf(report: ApplyReport): ApplyDocument["status"] {
  if (report.error !== undefined) return "failed";
  return report.applied.length > 0 ? "applied" : "nothing_pending";
}

function fileOf(migration: Migration): ApplyDocument["notStarted"][number] {
  return {
    layer: migration.layer ?? null,
    version: migration.version,
    name: migration.description,
    file: migration.path,
  };
}
