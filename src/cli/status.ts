import { loadPool } from "../commands/pool.ts";
import { status, type StatusReport } from "../commands/status.ts";
import { loadSettings } from "../config/mod.ts";
import { EXIT } from "../errors.ts";
import { LAYERS } from "../layers.ts";
import {
  type FileState,
  type Revision,
  REVISION_TYPE,
  type State,
  STATES,
} from "../migrations/mod.ts";
import type { Secrets } from "../redact.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import { type Style, styleFor } from "./style.ts";

/** The flags of the commands that say where a database is. */
export interface StatusFlags {
  readonly config?: string | undefined;
  readonly migrations?: string | undefined;
  readonly revisionsSchema?: string | undefined;
  readonly exitCode?: true | undefined;
  readonly json?: true | undefined;
  readonly color: boolean;
}

interface Call {
  readonly flags: StatusFlags;
  readonly secrets: Secrets;
}

/** `migrate status`: says where the database is and what to type next. */
export async function runStatus(world: World, call: Call): Promise<number> {
  const report = await read(world, call);
  const style = styleFor(world, { stream: "out", color: call.flags.color });
  print(world, call, { document: statusDocument(report), text: statusText(report, style) });
  const differs = report.files.some(({ state }) => STATES[state].differs);
  return call.flags.exitCode && differs ? EXIT.pending : EXIT.done;
}

/** `migrate history`: the revisions table, readable. */
export async function runHistory(world: World, call: Call): Promise<number> {
  const report = await read(world, call);
  print(world, call, {
    document: {
      command: "history",
      ...where(report),
      revisions: report.files.flatMap((file) => file.row === undefined ? [] : [fileOf(file)]),
      error: null,
    },
    text: historyText(report),
  });
  return EXIT.done;
}

/** `migrate verify`: what differs between files, sums and history; exit code 1 when something does. */
export async function runVerify(world: World, call: Call): Promise<number> {
  // Loading the files holds each against its sum.
  const report = await read(world, call);
  const wrong = report.files.filter(({ state }) => WRONG.includes(state));
  const count = report.files.filter(({ state }) => state === "applied").length;
  const style = styleFor(world, { stream: "out", color: call.flags.color });
  print(world, call, {
    document: {
      command: "verify",
      status: wrong.length === 0 ? "ok" : "differs",
      ...where(report),
      verified: count,
      differences: wrong.map(fileOf),
      unverifiable: report.files.flatMap(({ state, version }) =>
        state === "unverifiable" ? [version] : []
      ),
      error: null,
    },
    text: wrong.length === 0
      ? `${style.green("✔")} ${count} applied, as in the files (${report.database})\n`
      : `${wrong.map((file) => fileLine(file, style)).join("\n")}\n`,
  });
  return wrong.length === 0 ? EXIT.done : EXIT.failed;
}

/** How many pending files are named: a new database has hundreds. */
const MAX_PENDING = 10;

/** What no later run of the same program puts right by itself. */
const WRONG: readonly State[] = ["out_of_order", "failed", "changed", "missing", "unknown"];

async function read(world: World, { flags, secrets }: Call): Promise<StatusReport> {
  await using settings = await loadSettings({
    env: world.env,
    configFile: flags.config,
    applicationName: `hotpot-migrate/${VERSION}`,
    signal: world.signal,
    secrets,
    onWarning: (text) => world.err(`warning: ${text}\n`),
  });
  for (const warning of settings.warnings) world.err(`warning: ${warning}\n`);
  return await status({
    database: settings.database,
    pool: await loadPool(flags.migrations ?? settings.migrate.migrations),
    revisionsSchema: flags.revisionsSchema ?? settings.migrate.revisions_schema,
    signal: world.signal,
    redact: secrets.redact,
  });
}

function print(
  world: World,
  { flags }: Call,
  { document, text }: { readonly document: unknown; readonly text: string },
): void {
  world.out(flags.json ? `${JSON.stringify(document, null, 2)}\n` : text);
}

function statusDocument(report: StatusReport): Record<string, unknown> {
  const counts = (files: readonly FileState[]) =>
    Object.fromEntries(
      Object.keys(STATES).map((state) => [
        state,
        files.filter((file) => file.state === state).length,
      ]),
    );
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

function where(report: StatusReport): Record<string, unknown> {
  return {
    database: report.database,
    revisionsSchema: report.hasHistory ? report.revisionsSchema : null,
    running: report.running ?? null,
  };
}

function fileOf({ migration, row, state, version }: FileState): Record<string, unknown> {
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

function kindOf({ type }: Revision): string {
  if (type === REVISION_TYPE.baseline) return "baseline";
  return (type & REVISION_TYPE.resolved) === 0 ? "executed" : "manually_set";
}

function layerOf({ migration }: FileState): string {
  return migration?.layer ?? "none";
}

/** Where a database is, for people: a line for each layer, one for each file that needs a look. */
function statusText(report: StatusReport, style: Style): string {
  const { files } = report;
  const lines = [report.database];
  if (!report.hasHistory) lines.push("No migration was ever applied here");
  const width = Math.max(...LAYERS.map((layer) => layer.length));
  for (const layer of [...LAYERS, "none"]) {
    const own = files.filter((file) => layerOf(file) === layer);
    if (own.length === 0) continue;
    const done = own.filter(({ state }) => !STATES[state].differs);
    const open = Object.keys(STATES).flatMap((state) => {
      const count = own.filter((file) => file.state === state).length;
      return count === 0 || !STATES[state as State].differs
        ? []
        : [`${count} ${state.replaceAll("_", " ")}`];
    });
    const last = done.at(-1)?.version;
    lines.push(
      `${layer.padEnd(width)}  ${String(done.length).padStart(4)} applied${
        last === undefined ? "" : ` up to ${last}`
      }${open.length === 0 ? "" : `, ${open.join(", ")}`}`,
    );
  }
  const open = files.filter(({ state }) => STATES[state].differs && state !== "pending");
  const pending = files.filter(({ state }) => state === "pending");
  const named = [...open, ...pending.slice(0, MAX_PENDING)];
  lines.push(...named.map((file) => fileLine(file, style)));
  if (pending.length > MAX_PENDING) {
    lines.push(`${style.dim("·")} and ${pending.length - MAX_PENDING} more`);
  }
  if (report.running === "not_visible") {
    lines.push("This is a replica: whether somebody is migrating is seen on its primary");
  } else if (report.running !== undefined) {
    lines.push(style.yellow(`Somebody is migrating now: ${report.running}`));
  }
  lines.push(nextStep(files));
  return `${lines.join("\n")}\n`;
}

function fileLine({ migration, row, state, version }: FileState, style: Style): string {
  const name = migration?.description ?? row?.description ?? "";
  const half = row === undefined || state !== "failed"
    ? ""
    : `, ${row.applied} of ${row.total} statements${
      row.error === "" ? "" : `\n      ${row.error.split("\n")[0]}`
    }`;
  const mark = state === "pending" ? style.dim("·") : style.red("✖");
  return `${mark} ${version}_${name}${
    migration?.layer === undefined ? "" : ` (${migration.layer})`
  }: ${STATES[state].says}${half}`;
}

function nextStep(files: readonly FileState[]): string {
  const has = (...states: readonly State[]) => files.some(({ state }) => states.includes(state));
  if (has("changed", "missing")) return "Next: restore the files as they were applied";
  if (has("out_of_order")) {
    return "Next: migrate --exec-order non-linear, or number those files anew";
  }
  if (has("failed")) return "Next: repair the rest of the half-done file, then migrate";
  if (has("pending")) return "Next: migrate plan, then migrate";
  if (has("unknown")) return "Next: use a program that has those versions";
  return "Nothing to do";
}

function historyText({ files, database }: StatusReport): string {
  const lines = files.flatMap(({ migration, row, version }) => {
    if (row === undefined) return [];
    const state = row.applied === row.total
      ? kindOf(row).replace("_", " ")
      : `${row.applied}/${row.total} done`;
    return [
      `${row.executedAt.slice(0, 19).replace("T", " ")}Z  ${version}_${row.description}${
        migration?.layer === undefined ? "" : ` (${migration.layer})`
      }`,
      `    ${state}, ${
        (Number(row.executionTimeNs) / 1e6).toFixed(1)
      } ms, by ${row.operatorVersion}`,
    ];
  });
  return lines.length === 0
    ? `No migration was ever applied here (${database})\n`
    : `${lines.join("\n")}\n`;
}
