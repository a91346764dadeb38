import { MigrateError } from "../../errors.ts";
import type { Outcome } from "../../report.ts";
import { openReport, type ReportFile } from "../../report_file.ts";
import { repositoryPaths } from "../../repository_path.ts";
import type { World } from "../../world.ts";
import { toInternal } from "../program.ts";
import { annotationLine } from "./annotation.ts";
import type { Violation } from "./code_quality.ts";
import { type Fault, faultsOf, type Rendering } from "./fault.ts";
import { type PlanFinding, planViolation, planWarning } from "./plan_finding.ts";

export { annotationLine } from "./annotation.ts";
export { type PlanFinding, planFindings } from "./plan_finding.ts";

/** The flags that have reports written for other programs. */
export interface CiFlags {
  readonly junit?: string | undefined;
  readonly codeQuality?: string | undefined;
}

/** GitHub shows so many annotations of one step. */
const MAX_ANNOTATIONS = 10;

/** What writing reports needs besides the world. */
export interface CiOptions {
  readonly flags: CiFlags;
  readonly redact: (text: string) => string;
  readonly warn: (text: string) => void;
}

/**
 * What a run tells the CI that it runs in: annotations and a step summary on GitHub, and the files
 * that were asked for. All of it is written when this is disposed of, however the run ended.
 */
export class CiReports implements AsyncDisposable {
  readonly #world: World;
  readonly #options: CiOptions;
  readonly #files: Readonly<Record<keyof CiFlags, ReportFile | undefined>>;
  readonly #outcomes: Outcome[] = [];
  readonly #findings = new Map<string, PlanFinding>();
  #isPlan = false;
  #pathOf: Rendering["pathOf"] = (path) => path;

  private constructor(
    world: World,
    parts: CiOptions & { readonly files: Readonly<Record<keyof CiFlags, ReportFile | undefined>> },
  ) {
    this.#world = world;
    this.#options = parts;
    this.#files = parts.files;
  }

  /**
   * Makes sure that all can be written, before anything is done.
   *
   * @throws {MigrateError} `report_unwritable`.
   */
  static async open(world: World, options: CiOptions): Promise<CiReports> {
    const { codeQuality, junit } = options.flags;
    if (junit !== undefined && junit === codeQuality) {
      throw new MigrateError("usage", `Cannot write two reports to "${junit}"`, {
        hint: "Give --junit and --code-quality files of their own",
      });
    }
    const open = async (path: string | undefined) =>
      path === undefined ? undefined : await openReport(path);
    const files = { junit: await open(junit), codeQuality: await open(codeQuality) };
    return new CiReports(world, { ...options, files });
  }

  /** Says where the migrations come from, so that their paths lead into the repository. */
  async locate(migrations: string | undefined): Promise<void> {
    const { env } = this.#world;
    const workspace = env["GITHUB_WORKSPACE"] || env["CI_PROJECT_DIR"];
    this.#pathOf = await repositoryPaths(migrations, { workspace });
  }

  /** Takes down what became of a database. */
  add(outcome: Outcome): void {
    this.#outcomes.push(outcome);
  }

  /** Takes down whom a plan would keep waiting; the same files are the same in each database. */
  plan(findings: readonly PlanFinding[]): void {
    this.#isPlan = true;
    for (const finding of findings) {
      const { command, number, path } = finding;
      const key = [path, number, command.effect].join("\n");
      if (!this.#findings.has(key)) this.#findings.set(key, finding);
    }
  }

  /** Takes down why nothing came of the run, unless that is known. */
  fail(error: unknown): void {
    const { redact } = this.#options;
    if (this.#outcomes.length > 0) return;
    const known = error instanceof MigrateError ? error : toInternal(error, redact);
    this.#outcomes.push({ state: "failed", error: known });
  }

  /** Writes everything. What cannot be written now is a warning: the work is done. */
  async [Symbol.asyncDispose](): Promise<void> {
    const rendering = { pathOf: this.#pathOf, redact: this.#options.redact };
    const faults = this.#outcomes.flatMap((outcome) => faultsOf(outcome, rendering));
    if (this.#world.env["GITHUB_ACTIONS"] === "true") this.#annotate(faults);
    await this.#write(() => this.#summarise(rendering));
    await this.#write(async () => {
      if (this.#files.junit === undefined) return;
      const { junit } = await import("./junit.ts");
      await this.#files.junit.write(junit(this.#outcomes, rendering));
    });
    await this.#write(async () => {
      if (this.#files.codeQuality === undefined) return;
      const { codeQuality } = await import("./code_quality.ts");
      const found = [...this.#findings.values()].map((finding) =>
        planViolation(finding, this.#pathOf)
      );
      const violations = [...faults.flatMap(violationOf), ...found];
      await this.#files.codeQuality.write(await codeQuality(violations));
    });
  }

  #annotate(faults: readonly Fault[]): void {
    const errors = faults.map(({ code, column, line, name, path, text }) => ({
      level: "error" as const,
      file: path,
      line,
      column,
      title: name === undefined ? code : `${code} (${name})`,
      message: text,
    }));
    const warnings = [...this.#findings.values()].flatMap((finding) =>
      planWarning(finding, this.#pathOf)
    );
    for (const each of [errors, warnings]) {
      for (const annotation of each.slice(0, MAX_ANNOTATIONS)) {
        // Standard output may belong to a document; GitHub reads both.
        this.#world.err(annotationLine(annotation));
      }
    }
  }

  async #summarise(rendering: Rendering): Promise<void> {
    const path = this.#world.env["GITHUB_STEP_SUMMARY"] ?? "";
    if (path === "" || this.#isPlan) return;
    const { stepSummary } = await import("./step_summary.ts");
    // Other commands of the same step write to the file too.
    await Deno.writeTextFile(path, stepSummary(this.#outcomes, rendering), { append: true });
  }

  async #write(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#options.warn(error instanceof Error ? error.message : String(error));
    }
  }
}

/** A fault as GitLab shows it; what has no file is none of the code's. */
function violationOf(fault: Fault): readonly Violation[] {
  const { code, line, message, name, path, sql, version } = fault;
  if (path === undefined) return [];
  return [{
    description: message,
    check_name: code,
    severity: "blocker",
    path,
    line: line ?? 1,
    identity: [name, version, sql],
  }];
}
