import { apply, type ApplyEvents, type ApplyRequest } from "../../src/commands/apply.ts";
import { plan, type PlanReport, type PlanRequest } from "../../src/commands/plan.ts";
import { type Folder, mergeLayers, type Pool } from "../../src/migrations/mod.ts";
import { computeSums, formatSums, type SourceFile } from "../../src/migrations/sums.ts";
import { LAYERS } from "../../src/layers.ts";
import type { ApplyReport } from "../../src/report.ts";
import { folderOf } from "./atlas.ts";
import { tools } from "./tools.ts";
import type { Database } from "../../src/database.ts";

/** A pool of files given by their paths: `{ "bronze/0001_a.sql": "select 1;" }`. */
export function poolOf(files: Readonly<Record<string, string>>): Pool {
  return mergeLayers(foldersOf(files));
}

/** The folders of files given by their paths, each with its sums. */
export function foldersOf(files: Readonly<Record<string, string>>): readonly Folder[] {
  return LAYERS.map((layer) => {
    const own: SourceFile[] = Object.entries(files).flatMap(([path, text]) => {
      const [folder, name] = path.split("/");
      return folder === layer && name !== undefined ? [{ name, text }] : [];
    });
    return {
      layer,
      path: `migrations/${layer}`,
      files: own,
      sum: own.length === 0 ? undefined : sumsOf(own),
    };
  });
}

/** The text of an `atlas.sum`. */
export function sumsOf(files: readonly SourceFile[]): string {
  return formatSums(computeSums(files));
}

/** Which engine a test runs with. */
export type TestEngine = "embedded" | "atlas";

/** The engines that can be tested here. */
export const testEngines: readonly TestEngine[] = tools.atlas === undefined
  ? ["embedded"]
  : ["embedded", "atlas"];

/** Applies a pool to a database as the program would, in silence. */
export async function applyPool(
  database: Database,
  pool: Pool,
  changes: Partial<ApplyRequest> & { readonly use?: TestEngine } = {},
): Promise<ApplyReport> {
  const { use = "embedded", ...rest } = changes;
  return await apply({
    database,
    pool,
    engine: use === "embedded" ? { choice: { name: "embedded", reason: "test" } } : {
      choice: { name: "atlas", version: "v1.2.3", reason: "test" },
      program: { path: tools.atlas ?? "", version: "v1.2.3", edition: "community" },
    },
    revisionsSchema: undefined,
    lockTimeoutMs: 10_000,
    statementLockTimeoutMs: 3_000,
    execOrder: "linear",
    txMode: "file",
    baseline: undefined,
    allowDirty: false,
    allowChanged: false,
    pipeline: true,
    amount: undefined,
    operator: "hotpot-migrate test",
    env: { PATH: Deno.env.get("PATH") ?? "" },
    signal: new AbortController().signal,
    redact: (text) => text,
    events: silent,
    ...rest,
  });
}

/** Plans what `applyPool` would do. */
export async function planPool(
  database: Database,
  pool: Pool,
  changes: Partial<PlanRequest> = {},
): Promise<PlanReport> {
  return await plan({
    database,
    pool,
    revisionsSchema: undefined,
    execOrder: "linear",
    txMode: "file",
    baseline: undefined,
    allowDirty: false,
    allowChanged: false,
    amount: undefined,
    signal: new AbortController().signal,
    redact: (text) => text,
    ...changes,
  });
}

/** Writes files with their sums, as `--migrations` wants them: `{ "bronze/0001_a.sql": "…" }`. */
export async function migrationsFolder(
  files: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { readonly path: string }> {
  const sums = Object.fromEntries(
    foldersOf(files).flatMap(({ layer, sum }) =>
      sum === undefined ? [] : [[`${layer}/atlas.sum`, sum]]
    ),
  );
  return await folderOf({ ...files, ...sums });
}

/** Nobody watches the run. */
export const silent: ApplyEvents = {
  onPlan: () => {},
  onStart: () => {},
  onApplied: () => {},
  onNotice: () => {},
  onWait: () => {},
  onRetry: () => {},
  onRebuild: () => {},
};
