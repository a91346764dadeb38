import { MigrateError } from "../errors.ts";
import { haltedBefore, interruptedIn, migrationFailed, nameOf } from "../failure.ts";
import { type Migration, type PlannedFile, type Statement, Statements } from "../migrations/mod.ts";
import type { AppliedMigration } from "../report.ts";
import type { Atlas, AtlasResult } from "./atlas.ts";
import { applyConfig, type AtlasConfig } from "./hcl.ts";
import { batches, runModeOf } from "./batches.ts";

/** What applying through Atlas needs besides the files. */
export interface AtlasApplyOptions {
  readonly config: AtlasConfig;
  readonly execOrder: string;
  /** Once it fires Atlas is not started again. */
  readonly enough?: AbortSignal | undefined;
  readonly onApplied: (applied: AppliedMigration) => void;
}

/**
 * Applies files through `atlas migrate apply`. Several calls are made where a file may leave
 * settings behind in Atlas' connection, so that none reaches the next file.
 *
 * @throws {MigrateError} `migration_failed` with what Atlas tells, `lock_timeout`, `atlas_failed`,
 * `interrupted`, and the codes of `Atlas.run`.
 */
export async function applyThroughAtlas(
  atlas: Atlas,
  files: readonly PlannedFile[],
  options: AtlasApplyOptions,
): Promise<void> {
  for (const batch of batches(files)) {
    const [first] = batch;
    if (first !== undefined && options.enough?.aborted) throw haltedBefore(first.migration);
    const args = applyArguments(batch, options.execOrder);
    const result = await atlas.run(args, applyConfig(options.config));
    report(batch, result, { ...options, atlas });
  }
}

function applyArguments(batch: readonly PlannedFile[], execOrder: string): readonly string[] {
  const [first] = batch;
  const txMode = first === undefined ? "file" : runModeOf(first);
  return [
    ...["migrate", "apply", String(batch.length)],
    ...["--format", "{{ json . }}"],
    ...["--tx-mode", txMode],
    ...["--exec-order", execOrder],
    // Whether the database is clean has been decided before.
    "--allow-dirty",
  ];
}

/** The parts of Atlas' report that are read (Atlas' `cmd/atlas`, `cmdlog.MigrateApply`). */
interface AtlasReport {
  readonly Applied?: readonly AtlasFile[];
  readonly Error?: string;
}

interface AtlasFile {
  readonly Name: string;
  readonly Start: string;
  readonly End: string;
  readonly Skipped?: number;
  readonly Applied?: readonly string[];
  readonly Error?: { readonly Stmt?: string; readonly Text?: string };
}

function report(
  batch: readonly PlannedFile[],
  result: AtlasResult,
  options: AtlasApplyOptions & { readonly atlas: Atlas },
): void {
  const told = parseReport(result.stdout);
  const failed = told?.Error !== undefined || result.code !== 0;
  // Under one transaction for all, a failure leaves none of them.
  const allOrNone = batch[0]?.txMode === "all";
  const unfinished = failed ? told?.Applied?.findLast(isUnfinished) : undefined;
  for (const file of told?.Applied ?? []) {
    const planned = batch.find(({ migration }) => migration.file === file.Name);
    if (planned === undefined) continue;
    const { migration } = planned;
    if (file.Error !== undefined) {
      throw options.atlas.stopped && isCancelled(file)
        ? interruptedIn(migration)
        : failureOf(planned, { file, atlas: options.atlas });
    }
    // Whether that one is in stands in the history, and nowhere else.
    if ((failed && allOrNone) || file === unfinished) continue;
    options.onApplied({
      migration,
      statements: file.Applied?.length ?? 0,
      skipped: file.Skipped ?? 0,
      elapsedMs: Math.max(0, Date.parse(file.End) - Date.parse(file.Start)),
    });
  }
  if (!failed) return;
  if (options.atlas.stopped) {
    throw new MigrateError("interrupted", "Stopped while Atlas was applying", {
      hint: "Run the same command again: it goes on where this one stopped",
      next: [{ command: "migrate status", when: "where the database is" }],
    });
  }
  const reason = told?.Error !== undefined
    ? options.atlas.redact(told.Error)
    : result.stderr.replace(/^Error: /, "").split("\n")[0] ?? "";
  const last = batch.find(({ migration }) => migration.file === unfinished?.Name);
  if (isLost(reason)) throw connectionLost(last?.migration, reason);
  if (last !== undefined && REFUSAL.test(reason)) {
    throw failureOf(last, {
      file: { ...unfinished, Error: { Text: reason } },
      atlas: options.atlas,
    });
  }
  if (reason.includes("lock is held by other session")) {
    throw new MigrateError("lock_timeout", `Cannot start: Atlas' own lock is taken`, {
      details: [reason],
      hint: "Wait for the other Atlas to end, or wait longer for it",
      next: [
        { command: "migrate status", when: "who is migrating, and how far it is" },
        { command: "migrate --lock-timeout 5m", when: "apply, and wait longer" },
      ],
    });
  }
  throw new MigrateError("atlas_failed", `Cannot apply: Atlas says "${reason}"`, {
    details: linesOf(result.stderr),
    hint: "See where the database is, then try the embedded engine",
    next: [{ command: "migrate status" }, { command: "migrate --engine embedded" }],
  });
}

/** lib/pq writes `pq: <message> (<SQLSTATE>)`; its place is not told in terms of the file. */
const REFUSAL = /^pq: (.*?)(?: at (?:column \d+|position \d+:\d+))? \(([0-9A-Z]{5})\)$/s;

/**
 * Atlas notes when a file has ended once it is at the next: of the last one this is missing where the
 * commit fails, and where it is the next file that fails.
 */
function isUnfinished({ End, Error }: AtlasFile): boolean {
  return Error === undefined && !(Date.parse(End ?? "") > 0);
}

/** Whether a text tells of a connection that is no more, in the words of Go, of lib/pq or of the server. */
function isLost(text: string): boolean {
  return /driver: bad connection|unexpected EOF|reset by peer|broken pipe|connection refused|\((?:57P0[123]|08\w{3})\)$/
    .test(text);
}

function connectionLost(migration: Migration | undefined, reason: string): MigrateError {
  const where = migration === undefined ? "" : ` while it applied ${nameOf(migration)}`;
  return new MigrateError("connection_lost", `Atlas lost its connection${where}: ${reason}`, {
    hint: "Check that the server is up, then run the same command again",
    ...(migration === undefined
      ? {}
      : { data: { version: migration.version, file: migration.path } }),
  });
}

/** What Atlas says of the failure, without its word for another edition. */
function linesOf(stderr: string): readonly string[] {
  const [own = ""] = stderr.split(/^You're running the community build/m);
  return own.split("\n").filter((line) => line !== "");
}

function parseReport(stdout: string): AtlasReport | undefined {
  // A line about an interrupt may stand before the report.
  const start = stdout.indexOf('{"');
  if (start < 0) return undefined;
  try {
    return JSON.parse(stdout.slice(start)) as AtlasReport;
  } catch {
    return undefined;
  }
}

function failureOf(
  { migration, txMode }: PlannedFile,
  { atlas, file }: { readonly file: Partial<AtlasFile>; readonly atlas: Atlas },
): MigrateError {
  const text = atlas.redact(file.Error?.Text ?? "");
  if (isLost(text)) return connectionLost(migration, text);
  const parts = REFUSAL.exec(text);
  const statement = statementOf(migration, file);
  return migrationFailed({
    migration,
    message: parts?.[1] ?? text,
    sqlstate: parts?.[2],
    open: txMode === "none",
    ...(statement === undefined ? {} : { statement }),
  });
}

/** Whether a file ended because Atlas was told to stop: the server's word for it, or Go's. */
function isCancelled({ Error }: AtlasFile): boolean {
  return /\(57014\)$|context canceled/.test(Error?.Text ?? "");
}

function statementOf(
  migration: Migration,
  file: Partial<AtlasFile>,
): (Statement & { readonly number: number }) | undefined {
  const number = (file.Skipped ?? 0) + (file.Applied?.length ?? 0);
  const statement = new Statements(migration.texts, { file: migration.path }).at(number - 1);
  return statement === undefined || statement.text !== file.Error?.Stmt
    ? undefined
    : { ...statement, number };
}
