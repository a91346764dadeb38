import type { ApplyReport, Outcome } from "../report.ts";

/** What became of a database, in the words of all reports. */
export function outcomeOf(name: string, report: ApplyReport): Outcome {
  const { applied, error } = report;
  if (error !== undefined) return { state: "failed", name, report, error };
  return { state: applied.length > 0 ? "applied" : "nothing_pending", name, report };
}
