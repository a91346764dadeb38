import type { JudgedCommand, JudgedFile } from "../../commands/plan.ts";
import type { Annotation } from "./annotation.ts";
import type { Violation } from "./code_quality.ts";

/** A command of a plan that keeps others waiting, or that nobody can judge. */
export interface PlanFinding {
  readonly path: string;
  readonly line: number;
  readonly version: string;
  /** The number of the command among those of its file, from 1. */
  readonly number: number;
  readonly command: JudgedCommand;
  /** What people are told. */
  readonly text: string;
}

/** How bad it is for those who work with the database; what is not here is not worth a word. */
const SEVERITY: Readonly<Record<string, Violation["severity"]>> = {
  blocks_reads_and_writes: "major",
  blocks_writes: "minor",
  unknown: "info",
};

/** The findings in the files of a plan; `says` puts a command into words. */
export function planFindings(
  files: readonly JudgedFile[],
  says: (command: JudgedCommand) => string,
): readonly PlanFinding[] {
  return files.flatMap(({ migration, statements }) =>
    statements.flatMap(({ commands, line }) => commands.map((command) => ({ command, line })))
      .map(({ command, line }, i) => ({
        path: migration.path,
        line,
        version: migration.version,
        number: i + 1,
        command,
        text: says(command),
      }))
      .filter(({ command }) => SEVERITY[command.effect] !== undefined)
  );
}

/** A finding as GitLab shows it. */
export function planViolation(
  { command, line, number, path, text, version }: PlanFinding,
  pathOf: (path: string) => string,
): Violation {
  return {
    description: text,
    check_name: command.rule,
    severity: SEVERITY[command.effect] ?? "info",
    path: pathOf(path),
    line,
    identity: [version, number, command.what],
  };
}

/** A finding as GitHub shows it, if somebody is kept waiting. */
export function planWarning(
  { command, line, path, text }: PlanFinding,
  pathOf: (path: string) => string,
): readonly Annotation[] {
  if (command.effect === "unknown") return [];
  return [{ level: "warning", file: pathOf(path), line, title: command.rule, message: text }];
}
