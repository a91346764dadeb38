import { status, type StatusReport } from "../commands/status.ts";
import type { HistoryDocument, VerifyDocument } from "../documents/mod.ts";
import { EXIT } from "../errors.ts";
import { type FileState, type State, STATES } from "../migrations/mod.ts";
import type { World } from "../world.ts";
import { type ReadingCall, type ReadingFlags, runReading } from "./reading.ts";
import { fileOf, statusDocument, where } from "./status_document.ts";
import { briefly, historyText, statusText, verifyText } from "./status_text.ts";
import { styleFor } from "./style.ts";

/** The flags of the commands that say where a database is. */
export interface StatusFlags extends ReadingFlags {
  readonly exitCode?: true | undefined;
}

type Call = ReadingCall & { readonly flags: StatusFlags };

/** `migrate status`: says where the database is and what to type next. */
export async function runStatus(world: World, call: Call): Promise<number> {
  const style = styleFor(world, { stream: "out", color: call.flags.color });
  return await runReading(world, call, {
    command: "status",
    read: status,
    document: statusDocument,
    text: (report, world) => statusText(report, { style, world }),
    brief: briefly,
    code: ({ files }) => {
      const differs = files.some(({ state }) => STATES[state].differs);
      return call.flags.exitCode && differs ? EXIT.pending : EXIT.done;
    },
  });
}

/** `migrate history`: the revisions table, readable. */
export async function runHistory(world: World, call: Call): Promise<number> {
  return await runReading(world, call, {
    command: "history",
    read: status,
    document: historyDocument,
    text: historyText,
    code: () => EXIT.done,
  });
}

function historyDocument(report: StatusReport): HistoryDocument {
  return {
    command: "history",
    status: "ok",
    ...where(report),
    revisions: report.files.flatMap((file) => file.row === undefined ? [] : [fileOf(file)]),
    error: null,
  };
}

/** `migrate verify`: what differs between files, sums and history; exit code 1 when something does. */
export async function runVerify(world: World, call: Call): Promise<number> {
  const style = styleFor(world, { stream: "out", color: call.flags.color });
  return await runReading(world, call, {
    command: "verify",
    // Loading the files has held each against its sum.
    read: status,
    document: verifyDocument,
    text: (report) =>
      wrongIn(report).length === 0
        ? `${style.green("✔")} ${verified(report)} applied, as in the files (${report.database})\n`
        : verifyText(report, { wrong: wrongIn(report), style, world }),
    brief: (report) =>
      wrongIn(report).length === 0
        ? `${verified(report)} applied, as in the files`
        : wrongIn(report).map(({ state, version }) => `${version} ${STATES[state].says}`).join(
          ", ",
        ),
    code: (report) => wrongIn(report).length === 0 ? EXIT.done : EXIT.failed,
  });
}

function verifyDocument(report: StatusReport): VerifyDocument {
  const wrong = wrongIn(report);
  return {
    command: "verify",
    status: wrong.length === 0 ? "ok" : "differs",
    ...where(report),
    verified: verified(report),
    differences: wrong.map(fileOf),
    unverifiable: report.files.flatMap(({ state, version }) =>
      state === "unverifiable" ? [version] : []
    ),
    error: null,
  };
}

/** What no later run of the same program puts right by itself. */
const WRONG: readonly State[] = ["out_of_order", "failed", "changed", "missing", "unknown"];

function wrongIn({ files }: StatusReport): readonly FileState[] {
  return files.filter(({ state }) => WRONG.includes(state));
}

function verified({ files }: StatusReport): number {
  return files.filter(({ state }) => state === "applied").length;
}
