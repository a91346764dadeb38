import { nameOf } from "../failure.ts";
import { LAYER_WIDTH } from "../layers.ts";
import type { Migration } from "../migrations/mod.ts";
import type { AppliedMigration, ApplyReport, Retry } from "../report.ts";
import { pad } from "./columns.ts";
import type { Style } from "./style.ts";

/** The line of one migration that was applied: layer, name, time. */
export function appliedLine(applied: AppliedMigration, style: Style): string {
  const { migration, skipped } = applied;
  const layer = (migration.layer ?? "").padEnd(LAYER_WIDTH);
  const resumed = skipped === 0 ? "" : style.dim(`  (went on after statement ${skipped})`);
  return `${style.green("✔")} ${layer}  ${pad(migration.file.replace(/\.sql$/, ""), 44)} ${
    duration(applied.elapsedMs).padStart(8)
  }${resumed}\n`;
}

/** The last lines of a run that went well. */
export function summary(report: ApplyReport): string {
  const { applied, skipped, unknown } = report;
  const lines = applied.length > 0
    ? [
      `Applied ${count(applied.length)} in ${duration(report.elapsedMs)}: ${
        range(applied.map(({ migration }) => migration))
      } (${report.database}, ${engineName(report)})`,
    ]
    : [nothingToDo(report)];
  if (skipped.length > 0) lines.push(`Passed over, as asked: ${skipped.map(nameOf).join(", ")}`);
  if (unknown.length > 0) {
    lines.push(
      `The database is newer than this program: it has ${list(unknown)}, which are unknown here`,
    );
  }
  lines.push(...invalidLines(report));
  return `${lines.join("\n")}\n`;
}

/** The line of a file that somebody else's lock kept from being applied, and that is tried again. */
export function retryLine({ attempt, blockers, file, pauseMs, tries }: Retry): string {
  const who = blockers.length === 0 ? "another session" : blockers.join("; ");
  return `${
    nameOf(file.migration)
  } waits for a lock that ${who} holds: try ${attempt} of ${tries} in ${duration(pauseMs)}`;
}

/** How far a run came that failed: `Applied 0001–0006 of 9; 0007 (silver) failed; 0008 not started`. */
export function haltLine(report: ApplyReport): string {
  const { applied, failed, notStarted } = report;
  const total = applied.length + notStarted.length + (failed === undefined ? 0 : 1);
  const parts = [
    applied.length === 0
      ? `Applied none of ${total}`
      : `Applied ${range(applied.map(({ migration }) => migration))} of ${total}`,
    ...(failed === undefined
      ? []
      : [`${shortName(failed)} ${report.error?.code === "interrupted" ? "stopped" : "failed"}`]),
    ...(notStarted.length === 0 ? [] : [`${range(notStarted)} not started`]),
  ];
  return parts.join("; ");
}

/** A time for people: `12 ms`, `1.3 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Which engine, in few words. */
export function engineName({ engine }: Pick<ApplyReport, "engine">): string {
  return engine.name === "embedded" ? "embedded engine" : `Atlas ${engine.version}`;
}

function invalidLines({ invalidIndexes }: ApplyReport): readonly string[] {
  return invalidIndexes.length === 0 ? [] : [
    `Invalid indexes, not touched: ${
      list(invalidIndexes)
    } (DROP INDEX CONCURRENTLY, and build them again)`,
  ];
}

function nothingToDo(report: ApplyReport): string {
  const state = report.total === 0
    ? "there are no migrations"
    : `all ${count(report.total)} are applied`;
  return `Nothing to do: ${state} (${report.database}, ${engineName(report)})`;
}

function count(migrations: number): string {
  return migrations === 1 ? "1 migration" : `${migrations} migrations`;
}

/** Versions in few words: `0001–0006`. */
export function range(migrations: readonly Migration[]): string {
  const versions = migrations.map((migration) => migration.version);
  if (versions.length <= 2) return versions.join(", ");
  return `${versions[0]}–${versions.at(-1)}`;
}

function list(versions: readonly string[]): string {
  const shown = versions.slice(0, 5).join(", ");
  return versions.length <= 5 ? shown : `${shown} and ${versions.length - 5} more`;
}

function shortName(migration: Migration): string {
  return migration.layer === undefined
    ? migration.version
    : `${migration.version} (${migration.layer})`;
}
