import type { StatusReport } from "../commands/status.ts";
import { LAYER_WIDTH, LAYERS } from "../layers.ts";
import { type FileState, kindOf, layerOf, type State, STATES } from "../migrations/mod.ts";
import type { World } from "../world.ts";
import { duration } from "./apply_text.ts";
import { nextLines } from "./next_command.ts";
import { adviseOn } from "./status_next.ts";
import type { Style } from "./style.ts";

/** How many pending files are named: a new database has hundreds. */
const MAX_PENDING = 10;

/** Where a database is, for people: a line for each layer, one for each file that needs a look. */
export function statusText(
  report: StatusReport,
  { style, world }: { readonly style: Style; readonly world: Pick<World, "args"> },
): string {
  const { files } = report;
  const lines = [report.database];
  if (!report.hasHistory) lines.push("No migration was ever applied here");
  for (const layer of [...LAYERS, "none"]) {
    const own = files.filter((file) => layerOf(file) === layer);
    if (own.length === 0) continue;
    const done = own.filter(({ state }) => !STATES[state].differs);
    const open = openStates(own);
    const last = done.at(-1)?.version;
    lines.push(
      `${nameOfLayer(layer, own).padEnd(LAYER_WIDTH)}  ${String(done.length).padStart(4)} applied${
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
  lines.push(...adviceLines(files, { style, world }));
  return `${lines.join("\n")}\n`;
}

/** Where a database is, in one line: `12 applied up to 0012, 2 pending`. */
export function briefly({ files, running }: StatusReport): string {
  const done = files.filter(({ state }) => !STATES[state].differs);
  const last = done.at(-1)?.version;
  const applied = last === undefined ? "none applied" : `${done.length} applied up to ${last}`;
  const busy = running === undefined || running === "not_visible" ? [] : ["being migrated now"];
  return [applied, ...openStates(files), ...busy].join(", ");
}

/** How many versions are in each state that needs something done: `2 pending`. */
function openStates(files: readonly FileState[]): readonly string[] {
  return Object.keys(STATES).flatMap((state) => {
    const count = files.filter((file) => file.state === state).length;
    return count === 0 || !STATES[state as State].differs
      ? []
      : [`${count} ${state.replaceAll("_", " ")}`];
  });
}

/** Files may stand in no layer; and what is in the history alone has no file to tell its layer. */
function nameOfLayer(layer: string, files: readonly FileState[]): string {
  if (layer !== "none") return layer;
  return files.some(({ migration }) => migration !== undefined) ? "files" : "(no file)";
}

/** What differs between files and history, for people. */
export function verifyText(
  { database, files }: StatusReport,
  { style, world, wrong }: {
    readonly wrong: readonly FileState[];
    readonly style: Style;
    readonly world: Pick<World, "args">;
  },
): string {
  const lines = [
    ...wrong.map((file) => fileLine(file, style)),
    `${wrong.length} of ${files.length} not as they should be (${database})`,
    ...adviceLines(files, { style, world }),
  ];
  return `${lines.join("\n")}\n`;
}

function adviceLines(
  files: readonly FileState[],
  options: { readonly style: Style; readonly world: Pick<World, "args"> },
): readonly string[] {
  const { next, says } = adviseOn(files);
  return [...(says === undefined ? [] : [says]), ...nextLines(next, options)];
}

/** The line of one version that needs a look. */
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

/** The history for people, two lines for each version. */
export function historyText({ files, database }: StatusReport): string {
  const lines = files.flatMap(({ migration, row, version }) => {
    if (row === undefined) return [];
    const state = row.applied === row.total
      ? kindOf(row).replace("_", " ")
      : `${row.applied}/${row.total} done`;
    return [
      `${row.executedAt.slice(0, 19).replace("T", " ")}Z  ${version}_${row.description}${
        migration?.layer === undefined ? "" : ` (${migration.layer})`
      }`,
      `    ${state}, ${duration(Number(row.executionTimeNs) / 1e6)}, by ${row.operatorVersion}`,
    ];
  });
  return lines.length === 0
    ? `No migration was ever applied here (${database})\n`
    : `${lines.join("\n")}\n`;
}
