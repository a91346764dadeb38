import { apply } from "../commands/apply.ts";
import { type Ending, overDatabases } from "../commands/over_databases.ts";
import { EXIT, type MigrateError } from "../errors.ts";
import type { Secrets } from "../redact.ts";
import type { ApplyReport, Outcome } from "../report.ts";
import type { World } from "../world.ts";
import type { ApplyFlags, CommonRequest } from "./apply.ts";
import { applyDocument } from "./apply_document.ts";
import { applyEvents } from "./apply_events.ts";
import { duration, haltLine, range } from "./apply_text.ts";
import type { CiReports } from "./ci/mod.ts";
import { exitCode } from "./exit_code.ts";
import { forDatabase } from "./next_command.ts";
import { outcomeOf } from "./outcome.ts";
import { ProgressBoard } from "./progress_board.ts";
import type { Screen } from "./screen.ts";
import {
  type DatabaseLine,
  databaseLine,
  severalError,
  showErrors,
  thrownIn,
  wasStopped,
} from "./several.ts";
import { type Entry, severalDocument } from "./several_document.ts";
import type { Target, TargetRequest } from "./target.ts";

/** What applying to several databases needs besides the world. */
export interface SeveralCall {
  readonly ci: CiReports;
  readonly common: CommonRequest;
  /** What `--verbose` wants to know. */
  readonly details: string;
  readonly flags: ApplyFlags;
  readonly screen: Screen;
  readonly secrets: Secrets;
  readonly target: Target;
  /** The engine, for people. */
  readonly who: string;
}

/**
 * One after the other unless asked otherwise: all are on one server, whose disks they share, and
 * what goes wrong in the first is seen before it goes wrong in all.
 */
const JOBS = 1;

/** Applies to each of several databases, and prints a line for each and what became of them all. */
export async function applySeveral(world: World, call: SeveralCall): Promise<number> {
  const { ci, common, flags, screen, secrets, target } = call;
  const { requests, settings } = target;
  const started = performance.now();
  const jobs = flags.jobs ?? settings.migrate.jobs ?? JOBS;
  const { host, port, user } = settings.database;
  screen.say(
    `${requests.length} databases at ${user}@${host}:${port}, ${
      jobs === 1 ? "one after the other" : `${Math.min(jobs, requests.length)} at once`
    }, ${call.who}`,
  );
  screen.detail(call.details);
  let over = 0;
  using board = new ProgressBoard(screen, {
    head: () => `${over} of ${requests.length}`,
    starts: flags.verbose === true,
  });
  const names = requests.map(({ database }) => database.dbname);
  const endings = await overDatabases<TargetRequest, ApplyReport>(requests, {
    jobs,
    failFast: flags.failFast === true,
    signal: world.signal,
    hasFailed: ({ error }) => error !== undefined,
    work: async (request, enough) => {
      const name = request.database.dbname;
      using lane = board.lane(name);
      lane.show("connecting");
      const events = applyEvents({ engine: common.engine.choice, lane, name, screen });
      return await apply({ ...common, ...request, enough, events });
    },
    onEnd: (ending) => {
      over++;
      const outcome = outcomeIn(ending, secrets.redact);
      screen.result(databaseLine(lineOf(outcome, screen), { names, width: screen.width }));
    },
  });
  board.clear();
  const outcomes = endings.map((ending) => outcomeIn(ending, secrets.redact));
  for (const outcome of outcomes) ci.add(outcome);
  return conclude(world, outcomes, { ...call, elapsedMs: performance.now() - started });
}

function conclude(
  world: World,
  outcomes: readonly Outcome[],
  { elapsedMs, flags, screen }: SeveralCall & { readonly elapsedMs: number },
): number {
  const entries = outcomes.map(({ error, name = "", report }): Entry => ({
    name,
    ...(report === undefined ? {} : { document: applyDocument(report, forDatabase(world, name)) }),
    error: error !== undefined && report !== undefined ? halted(error, report) : error,
  }));
  const error = severalError(entries, {
    hint: ": those that are done have nothing to do",
    world,
  });
  if (flags.json) {
    const document = severalDocument(entries, { command: "apply", elapsedMs, error, world });
    world.out(`${JSON.stringify(document, null, 2)}\n`);
  }
  screen.result(`${summaryOf(outcomes)}, in ${duration(elapsedMs)}\n`);
  if (error === undefined) return EXIT.done;
  showErrors(world, entries, { error, screen });
  return exitCode(error, world.signal);
}

function halted(error: MigrateError, report: ApplyReport): MigrateError {
  return error.with({ details: [...error.details, haltLine(report)] });
}

function outcomeIn(
  ending: Ending<TargetRequest, ApplyReport>,
  redact: (text: string) => string,
): Outcome {
  const name = ending.database.database.dbname;
  if (ending.state === "ended") return outcomeOf(name, ending.result);
  const error = thrownIn(ending, redact);
  return error === undefined ? { state: "skipped", name } : { state: "failed", name, error };
}

function lineOf({ error, name = "", report, state }: Outcome, { out }: Screen): DatabaseLine {
  const applied = report?.applied.map(({ migration }) => migration) ?? [];
  const done = `${applied.length} applied`;
  switch (state) {
    case "applied":
      return {
        mark: out.green("✔"),
        name,
        says: `${done}: ${range(applied)}  ${duration(report?.elapsedMs ?? 0)}`,
      };
    case "nothing_pending":
      return { mark: out.green("✔"), name, says: "nothing to do" };
    case "skipped":
      return { mark: out.dim("-"), name, says: "not begun" };
    case "failed":
      return {
        mark: out.red("✖"),
        name,
        says: `${applied.length === 0 ? "" : `${done}; `}${error?.message ?? ""}`,
      };
  }
}

/** How many came to what: `18 of 20 databases are up to date (45 migrations applied), 2 failed`. */
function summaryOf(outcomes: readonly Outcome[]): string {
  const count = (...states: readonly Outcome["state"][]) =>
    outcomes.filter(({ state }) => states.includes(state)).length;
  const stopped = outcomes.filter(({ error }) => error !== undefined && wasStopped(error)).length;
  const files = outcomes.reduce((sum, { report }) => sum + (report?.applied.length ?? 0), 0);
  return [
    `${count("applied", "nothing_pending")} of ${outcomes.length} databases done (${files} ${
      files === 1 ? "migration" : "migrations"
    } applied)`,
    ...(count("failed") === stopped ? [] : [`${count("failed") - stopped} failed`]),
    ...(stopped === 0 ? [] : [`${stopped} stopped`]),
    ...(count("skipped") === 0 ? [] : [`${count("skipped")} not begun`]),
  ].join(", ");
}
