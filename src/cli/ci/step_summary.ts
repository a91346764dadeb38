import { nameOf } from "../../failure.ts";
import type { Outcome } from "../../report.ts";
import { duration } from "../apply_text.ts";
import { type Fault, faultsOf, type Rendering } from "./fault.ts";

/** How much GitHub takes of one step: above 1 MiB it shows nothing at all. */
const MAX_ROWS = 500;
const MAX_STATEMENT = 4_000;
const MAX_FAULTS = 20;

/** The run as GitHub-flavoured Markdown, for the page of a workflow's run. */
export function stepSummary(outcomes: readonly Outcome[], rendering: Rendering): string {
  const faults = outcomes.flatMap((outcome) => faultsOf(outcome, rendering).slice(0, 1));
  const parts = [
    ...(outcomes.length === 1 ? one(outcomes[0]) : several(outcomes)),
    ...faults.slice(0, MAX_FAULTS).flatMap((fault) => faultText(fault, outcomes.length > 1)),
    ...(faults.length <= MAX_FAULTS ? [] : [`and ${faults.length - MAX_FAULTS} more failures`]),
  ];
  return `${parts.join("\n\n")}\n\n`;
}

function one(outcome: Outcome | undefined): readonly string[] {
  if (outcome === undefined) return [];
  const { name, report } = outcome;
  const title = `### ${mark(outcome)} migrate${name === undefined ? "" : ` ${code(name)}`}: ${
    stateText(outcome)
  }`;
  if (report === undefined || report.applied.length === 0) return [title];
  return [
    title,
    table(
      ["layer", "migration", "statements", "time"],
      report.applied.map(({ elapsedMs, migration, statements }) => [
        migration.layer ?? "",
        code(migration.file.replace(/\.sql$/, "")),
        String(statements),
        duration(elapsedMs),
      ]),
    ),
  ];
}

function several(outcomes: readonly Outcome[]): readonly string[] {
  const failed = outcomes.filter(({ state }) => state === "failed").length;
  return [
    `### ${failed === 0 ? "✅" : "❌"} migrate: ${
      outcomes.length - failed
    } of ${outcomes.length} databases done`,
    table(
      ["", "database", "result", "time"],
      outcomes.map((outcome) => [
        mark(outcome),
        code(outcome.name ?? ""),
        outcome.state === "applied"
          ? `${outcome.report?.applied.length ?? 0} applied`
          : stateText(outcome),
        outcome.report === undefined ? "" : duration(outcome.report.elapsedMs),
      ]),
    ),
  ];
}

function mark({ state }: Outcome): string {
  return { applied: "✅", nothing_pending: "✅", failed: "❌", skipped: "⏭️" }[state];
}

function stateText({ error, report, state }: Outcome): string {
  const count = report?.applied.length ?? 0;
  const applied = `${count} applied`;
  switch (state) {
    case "applied":
      return `${applied} in ${duration(report?.elapsedMs ?? 0)}`;
    case "nothing_pending":
      return "nothing to do";
    case "skipped":
      return "not begun";
    case "failed": {
      const left = report?.notStarted.length ?? 0;
      const at = report?.failed === undefined ? "" : `, ${code(nameOf(report.failed))} failed`;
      return report === undefined
        ? `failed (${error?.code})`
        : `${applied}${at}${left === 0 ? "" : `, ${left} not started`}`;
    }
  }
}

function faultText(fault: Fault, named: boolean): readonly string[] {
  const { code: name, line, path, sql, text } = fault;
  const place = path === undefined ? "" : ` at ${code(`${path}:${line}`)}`;
  const whose = named && fault.name !== undefined ? ` in ${code(fault.name)}` : "";
  return [
    `#### ${code(name)}${whose}${place}`,
    fence(text, ""),
    ...(sql === undefined ? [] : [fence(cut(sql), "sql")]),
  ];
}

function cut(sql: string): string {
  return sql.length <= MAX_STATEMENT ? sql : `${sql.slice(0, MAX_STATEMENT)}\n…`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  const shown = rows.slice(0, MAX_ROWS);
  const lines = [line(head), `|${" --- |".repeat(head.length)}`, ...shown.map(line)];
  const rest = rows.length - shown.length;
  return [...lines, ...(rest === 0 ? [] : [`\nand ${rest} more`])].join("\n");
}

/** A bar would end the cell, also inside of code. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replace(/[\r\n]+/g, " ");
}

/** A text as code, whatever it holds: the ticks around it are more than those inside. */
function code(text: string): string {
  const ticks = "`".repeat(longestRun(text) + 1);
  const pad = text.startsWith("`") || text.endsWith("`") ? " " : "";
  return `${ticks}${pad}${text}${pad}${ticks}`;
}

function fence(text: string, language: string): string {
  const ticks = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${ticks}${language}\n${text}\n${ticks}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
}
