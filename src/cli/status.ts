import { status, type StatusReport } from "../commands/status.ts";
import type { HistoryDocument, StatusDocument, VerifyDocument } from "../documents/mod.ts";
import { EXIT } from "../errors.ts";
import { type State, STATES } from "../migrations/mod.ts";
import type { Secrets } from "../redact.ts";
import type { World } from "../world.ts";
import { fileOf, statusDocument, where } from "./status_document.ts";
import { fileLine, historyText, statusText } from "./status_text.ts";
import { styleFor } from "./style.ts";
import { loadTarget, type TargetFlags } from "./target.ts";

/** The flags of the commands that say where a database is. */
export interface StatusFlags extends TargetFlags {
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
  print(world, call, {
    document: statusDocument(report),
    text: statusText(report, { style, world }),
  });
  const differs = report.files.some(({ state }) => STATES[state].differs);
  return call.flags.exitCode && differs ? EXIT.pending : EXIT.done;
}

/** `migrate history`: the revisions table, readable. */
export async function runHistory(world: World, call: Call): Promise<number> {
  const report = await read(world, call);
  print(world, call, {
    document: {
      command: "history",
      status: "ok",
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

/** What no later run of the same program puts right by itself. */
const WRONG: readonly State[] = ["out_of_order", "failed", "changed", "missing", "unknown"];

async function read(world: World, { flags, secrets }: Call): Promise<StatusReport> {
  const warn = (text: string) => world.err(`warning: ${text}\n`);
  await using target = await loadTarget(world, { flags, secrets, warn });
  return await status(target.request);
}

function print(
  world: World,
  { flags }: Call,
  { document, text }: {
    readonly document: StatusDocument | HistoryDocument | VerifyDocument;
    readonly text: string;
  },
): void {
  world.out(flags.json ? `${JSON.stringify(document, null, 2)}\n` : text);
}
