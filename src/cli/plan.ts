import { bytesText } from "../byte_size.ts";
import { type JudgedCommand, type JudgedFile, plan, type PlanReport } from "../commands/plan.ts";
import type { PlanDocument } from "../documents/mod.ts";
import { EXIT, MigrateError } from "../errors.ts";
import type { Effect } from "../impact/mod.ts";
import type { Secrets } from "../redact.ts";
import type { World } from "../world.ts";
import { CiReports, planFindings } from "./ci/mod.ts";
import { type DecisionFlags, decisionOf } from "./decision_flags.ts";
import { errorDocument } from "./error_text.ts";
import { sameCommand } from "./next_command.ts";
import { type ReadingFlags, runReading } from "./reading.ts";
import { Screen } from "./screen.ts";

/** The flags of `migrate plan`. */
export interface PlanFlags extends ReadingFlags, DecisionFlags {
  readonly junit?: string | undefined;
  readonly codeQuality?: string | undefined;
  readonly sql?: true | undefined;
}

/** `migrate plan`: prints what `apply` would do now. */
export async function runPlan(
  world: World,
  { flags, secrets }: { readonly flags: PlanFlags; readonly secrets: Secrets },
): Promise<number> {
  if (flags.junit !== undefined) {
    throw new MigrateError("usage", "Cannot write JUnit XML for a plan: nothing is run", {
      hint: "Leave out --junit or --dry-run; --code-quality is written for a plan too",
    });
  }
  const screen = new Screen(world, flags);
  const warn = (text: string) => screen.warn(text);
  await using ci = await CiReports.open(world, { flags, warn, redact: secrets.redact });
  try {
    return await showPlan(world, { ci, flags, secrets });
  } catch (error) {
    ci.fail(error);
    throw error;
  }
}

async function showPlan(
  world: World,
  { ci, flags, secrets }: {
    readonly ci: CiReports;
    readonly flags: PlanFlags;
    readonly secrets: Secrets;
  },
): Promise<number> {
  const says = (command: JudgedCommand) =>
    commandLines(command).map((line) => line.trim()).join("\n");
  const call = {
    flags,
    secrets,
    onMigrations: (folder: string | undefined) => ci.locate(folder),
    onError: (error: MigrateError, name: string) => ci.add({ state: "failed", name, error }),
  };
  return await runReading(world, call, {
    command: "plan",
    read: async (request) => {
      const report = await plan({ ...request, ...decisionOf(flags) });
      ci.plan(planFindings(report.files, says));
      return report;
    },
    document,
    text: (report, world) => `${planText(report, flags.sql === true)}${next(report, world)}`,
    code: () => EXIT.done,
  });
}

/** The command that does what is planned, with the same flags. */
function next({ plan, refusal }: PlanReport, { args }: Pick<World, "args">): string {
  if (refusal !== undefined) return "";
  if (plan.pending.length === 0 && plan.baseline === undefined) return "";
  const command = args.findIndex((word) => word === "plan" || word === "apply");
  const flags = args.filter((word, i) => i !== command && word !== "--sql" && word !== "--dry-run");
  return `next: ${sameCommand({ args: flags })}\n`;
}

const WORDS: Readonly<Record<Effect, string>> = {
  nothing: "nobody waits",
  brief: "others wait for a moment",
  slow: "takes as long as the table is large; nobody waits",
  blocks_writes: "blocks writes while it works",
  blocks_reads_and_writes: "blocks reads and writes while it works",
  unknown: "unknown: cannot be judged",
};

/** The plan for people, one line for each file and each command that others may notice. */
export function planText(report: PlanReport, sql: boolean): string {
  const { baseline } = report.plan;
  const lines: string[] = baseline === undefined ? [] : [`Takes over at ${baseline.version}`];
  if (report.files.length === 0 && baseline === undefined) {
    lines.push(`Nothing to do (${report.database})`);
  }
  for (const file of report.files) for (const line of fileLines(file, sql)) lines.push(line);
  const { refusal, running } = report;
  if (running !== undefined) lines.push(`Somebody is migrating now: ${running}`);
  if (refusal !== undefined) {
    lines.push(`migrate would refuse this here: ${refusal.message}`, `hint: ${refusal.hint}`);
  }
  return `${lines.join("\n")}\n`;
}

function* fileLines(file: JudgedFile, sql: boolean): Iterable<string> {
  const { migration, resumeFrom, statements, txMode } = file;
  const notes = [
    `${statements.length} statement${statements.length === 1 ? "" : "s"}`,
    ...(txMode === "none" ? ["outside a transaction"] : []),
    ...(resumeFrom > 0 ? [`goes on after statement ${resumeFrom}`] : []),
  ];
  yield `${migration.version} ${migration.layer ?? ""}  ${notes.join(", ")}`;
  for (const statement of statements) {
    if (sql) yield* statement.sql.split("\n").map((line) => `    ${line}`);
    for (const command of statement.commands) {
      if (command.effect !== "nothing") yield* commandLines(command);
    }
  }
}

function commandLines(command: JudgedCommand): readonly string[] {
  const size = command.bytes === undefined ? "" : ` (${bytesText(command.bytes)})`;
  const [first] = command.locks;
  // A foreign key locks another table than the one that the command names.
  const table = first === undefined || command.what.includes(first.relation)
    ? ""
    : ` on ${first.relation}`;
  const lock = first === undefined ? "" : `${first.mode}${table}: `;
  return [
    `  ${command.what}${size}`,
    `    ${lock}${WORDS[command.effect]}`,
    ...(command.advice === undefined ? [] : [`    ${command.advice}`]),
  ];
}

function document(report: PlanReport, world: Pick<World, "args">): PlanDocument {
  return {
    command: "plan",
    status: report.files.length > 0 || report.plan.baseline !== undefined
      ? "pending"
      : "nothing_pending",
    database: report.database,
    baseline: report.plan.baseline?.version ?? null,
    unknown: report.plan.unknown,
    files: report.files.map(({ migration, resumeFrom, statements, txMode }) => ({
      layer: migration.layer ?? null,
      version: migration.version,
      name: migration.description,
      file: migration.path,
      txMode,
      resumeFrom,
      statements: statements.map(({ commands, line, sql }) => ({
        sql,
        line,
        commands: commands.map((each) => ({
          ...each,
          bytes: each.bytes ?? null,
          advice: each.advice ?? null,
        })),
      })),
    })),
    refusal: report.refusal === undefined ? null : errorDocument(report.refusal, world),
    running: report.running ?? null,
    error: null,
  };
}
