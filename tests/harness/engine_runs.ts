import assert from "node:assert/strict";
import { loadPool } from "../../src/commands/pool.ts";
import { MigrateError } from "../../src/errors.ts";
import { compareBytes, type Pool, REVISION_TYPE } from "../../src/migrations/mod.ts";
import { splitStatements } from "../../src/migrations/mod.ts";
import { atlas, folderOf } from "./atlas.ts";
import { readCatalog } from "./catalog.ts";
import {
  BEFORE,
  directoryAt,
  type Hand,
  oddAt,
  type Standing,
  type Story,
  type StoryStep,
  textsAt,
  versionOf,
} from "./directory_stories.ts";
import { pause } from "../../src/postgres/patience.ts";
import type { Difference } from "./engine_differences.ts";
import { revisionsOf } from "./history.ts";
import { createDatabase, type TestDatabase } from "./postgres.ts";
import { applyPool, planPool, sumsOf } from "./run.ts";

type Row = Readonly<Record<string, unknown>>;

/** What a call left, and whether it ended well. */
interface Outcome {
  readonly well: boolean;
  /** Of ours: the code of the error. */
  readonly code: string | undefined;
  /** What was said of the failure. */
  readonly says: string;
  readonly rows: readonly Row[];
  readonly content: ReadonlyMap<string, string>;
}

/** How often what occurred in all the stories told. */
export class Tally {
  readonly counts = new Map<string, number>();

  add(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }
}

/**
 * Lives through a story three times, each on a database of its own: with Atlas by hand, with the
 * embedded engine, and with hands that change at each step. All must leave the same rows, the same
 * objects and the same data after each step; where they rightly do not, the difference has a name,
 * and the story is over.
 */
export async function live(story: Story, tally: Tally): Promise<void> {
  await using theirs = await createDatabase();
  await using ours = await createDatabase();
  await using shared = await createDatabase();
  for (const db of [theirs, ours, shared]) await db.sql(BEFORE[story.before]);
  tally.add(`scheme ${story.scheme}`);
  tally.add(`before ${story.before}`);
  const applied = new Map<string, Applied>();
  for (const [number, step] of story.steps.entries()) {
    await using folder = await folderOf(withSums(textsAt(story, number)));
    const call = { story, step, folder: folder.path };
    const rowsBefore = await revisionsOf(theirs);
    const reference = await byHand(theirs, call);
    count(tally, { step, reference });
    const scene = { story, number, applied, rowsBefore, reference };
    let own = await embedded(ours, call);
    let allowChanged = false;
    if (own.code === "migration_changed") {
      assert.ok(changedSince(scene), `nothing has changed: ${own.says}`);
      tally.add(`difference ${"migration_changed" satisfies Difference}`);
      allowChanged = true;
      own = await embedded(ours, { ...call, allowChanged });
    } else if (mustBeNoticed(scene)) {
      assert.fail(`a change of what was applied is not noticed: ${own.says}`);
    }
    const difference = differenceBetween(own, scene);
    if (difference !== undefined) {
      tally.add(`difference ${difference}`);
      return;
    }
    tally.add(`turn of ${step.by}`);
    const mixed = await byTurns(shared, { ...call, allowChanged });
    if (step.by === "atlas" && mixed.well === reference.well && hasOtherTotal(mixed, scene)) {
      // It is corrected before Atlas is called, and stays so where Atlas then fails.
      tally.add(`difference ${"total_after_repair" satisfies Difference}`);
      return;
    }
    assert.deepEqual(state(mixed), state(reference), `by turns, ${step.by}: ${mixed.says}`);
    note(applied, scene);
  }
}

/** What was there when a row was made. */
interface Applied {
  /** The file itself, as it was finished. */
  readonly standing: Standing;
  /** All files that the hash covers, this one too. */
  readonly covered: readonly Standing[];
  /** The rows that were there by then. */
  readonly rows: readonly string[];
}

function note(
  applied: Map<string, Applied>,
  { number, reference, rowsBefore, story }: Scene,
): void {
  const files = directoryAt(story, number);
  for (const standing of files) {
    const row = rowOf(reference.rows, standing.version);
    const before = rowOf(rowsBefore, standing.version);
    if (row === undefined || (before !== undefined && !isPartialRow(before))) continue;
    const covered = applied.get(standing.version)?.covered ??
      files.filter(({ name }) => compareBytes(name, standing.name) <= 0);
    const rows = reference.rows.map(({ version }) => String(version));
    applied.set(standing.version, { standing, covered, rows });
  }
}

interface Call {
  readonly story: Story;
  readonly step: StoryStep;
  readonly folder: string;
  readonly allowChanged?: boolean;
}

async function byHand(db: TestDatabase, { folder, step, story }: Call): Promise<Outcome> {
  const args = [
    ...(step.amount === undefined ? [] : [String(step.amount)]),
    ...["--tx-mode", step.txMode, "--exec-order", step.execOrder],
    ...(step.baseline === undefined ? [] : ["--baseline", versionOf(story, step.baseline)]),
    ...(step.allowDirty ? ["--allow-dirty"] : []),
    ...(step.dryRun ? ["--dry-run"] : []),
  ];
  const hang = new AbortController();
  const over = new AbortController();
  const watch = killWhenStuck(db, { hang, over: over.signal });
  const run = await atlas(["migrate", "apply", ...args, "--dir", `file://${folder}`], {
    database: db.database,
    signal: hang.signal,
  });
  over.abort();
  await watch;
  return await outcomeOf(db, {
    well: run.code === 0,
    code: undefined,
    says: `${run.stderr}${run.stdout}`,
  });
}

/** Atlas waits for itself for ever where one of its connections holds what another one wants. */
async function killWhenStuck(
  db: TestDatabase,
  { hang, over }: { readonly hang: AbortController; readonly over: AbortSignal },
): Promise<void> {
  const others =
    "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
  while (await pause(300, over)) {
    const stuck = await db.sql(`select 1 ${others} and wait_event_type = 'Lock' and exists (
      select from pg_stat_activity b where b.pid = any(pg_blocking_pids(pg_stat_activity.pid))
        and b.state ~ '^idle in' and b.state_change < now() - interval '1 s')`);
    if (stuck.length === 0) continue;
    hang.abort();
    while ((await db.sql(`select pg_terminate_backend(pid) ${others}`)).length > 0);
    return;
  }
}

async function embedded(db: TestDatabase, call: Call): Promise<Outcome> {
  return await throughOurs(db, { ...call, use: "embedded" });
}

async function byTurns(db: TestDatabase, call: Call): Promise<Outcome> {
  const use: Hand = call.step.by;
  return use === "atlas by hand" ? await byHand(db, call) : await throughOurs(db, { ...call, use });
}

async function throughOurs(
  db: TestDatabase,
  { allowChanged = false, folder, step, story, use }: Call & { readonly use: "atlas" | "embedded" },
): Promise<Outcome> {
  const { allowDirty, amount, execOrder, pipeline, txMode } = step;
  const options = {
    ...{ allowChanged, allowDirty, amount, execOrder, txMode },
    ...(step.baseline === undefined ? {} : { baseline: versionOf(story, step.baseline) }),
  };
  const error = await loadPool(folder)
    .then(async (pool: Pool) => {
      if (!step.dryRun) return await applyPool(db.database, pool, { use, pipeline, ...options });
      // This is what the command line makes of a dry run.
      await planPool(db.database, pool, options);
      return { error: undefined };
    })
    .then(({ error }) => error)
    .catch((error) => {
      if (error instanceof MigrateError) return error;
      throw error;
    });
  return await outcomeOf(db, {
    well: error === undefined,
    code: error?.code,
    says: error === undefined
      ? "done"
      : `${error.code}: ${error.message} ${error.details.join("; ")}`,
  });
}

async function outcomeOf(
  db: TestDatabase,
  end: Pick<Outcome, "well" | "code" | "says">,
): Promise<Outcome> {
  const schemas = (await db.sql(
    "select nspname as name from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'atlas_schema_revisions')",
  )).map(({ name }) => String(name));
  const content = new Map(await readCatalog(db.sql, schemas));
  if (content.has("relation log")) {
    const rows = await db.sql("select what from public.log order by n");
    content.set("the log", rows.map(({ what }) => what).join());
  }
  return { ...end, rows: await revisionsOf(db), content };
}

/** What must be the same. */
function state({ content, rows, well }: Outcome): unknown {
  return { well, rows, content };
}

interface Scene {
  readonly story: Story;
  readonly number: number;
  /** The files as they were when they were applied, by their versions. */
  readonly applied: ReadonlyMap<string, Applied>;
  readonly rowsBefore: readonly Row[];
  readonly reference: Outcome;
}

/** The name of what differs, if anything does and may; anything else that differs is a fault. */
function differenceBetween(own: Outcome, scene: Scene): Difference | undefined {
  const { reference, rowsBefore } = scene;
  const untouched = () =>
    assert.deepEqual(own.rows, rowsBefore, `a refusal that has written: ${own.says}`);
  const odd = oddAt(scene.story, scene.number);
  if (odd !== undefined) {
    assert.equal(own.code, odd);
    untouched();
    return odd;
  }
  if (own.code === "out_of_order" && unseen(scene).length > 0) {
    untouched();
    return "out_of_order";
  }
  if (own.code === "partial_in_middle") {
    assert.ok(rowsBefore.slice(0, -1).some(isPartialRow), own.says);
    untouched();
    return "partial_in_middle";
  }
  try {
    assert.deepEqual(state(own), state(reference), `embedded: ${own.says}\n${reference.says}`);
  } catch (fault) {
    const found = explain(own, scene);
    if (found === undefined) throw fault;
    return found;
  }
  return undefined;
}

/** Why two outcomes differ that both are right, each in its own way. */
function explain(own: Outcome, scene: Scene): Difference | undefined {
  const { number, reference, rowsBefore, story } = scene;
  const step = story.steps[number];
  const files = directoryAt(story, number);
  if (own.code === "missing_migration") {
    // Atlas looks at the newest row alone, and at none if there are no files.
    const plain = files.filter(({ file }) => !file.checkpoint);
    return plain.length === 0 || rowsBefore.slice(0, -1).some(isPartialRow) ? own.code : undefined;
  }
  if (step?.dryRun) {
    // What Atlas does not look at in a dry run.
    const found = /^(?:txmode_invalid|transaction_control|transaction_open)$/.test(own.code ?? "");
    return found || reference.rows.length > rowsBefore.length ? "dry_run" : undefined;
  }
  const guilty = files.some(({ text }) => /^begin$/m.test(text.replaceAll(/;$|--;;$/gm, "")));
  if (own.code === "transaction_control" || own.code === "transaction_open") {
    return guilty ? own.code : undefined;
  }
  // What is wrong with a later file is said at once under `all`, and Atlas has kept half of an earlier.
  if (guilty && own.code === "txmode_invalid" && step?.txMode === "all") {
    return "transaction_control";
  }
  if (unseen(scene).length > 0 && step?.execOrder === "non-linear") return "out_of_order";
  const ran = files.filter(({ version }) => {
    const before = rowOf(rowsBefore, version);
    return before === undefined || isPartialRow(before);
  });
  if (step?.txMode === "none" && ran.some(({ file }) => file.directive === "file")) {
    return "file_mode_under_none";
  }
  if (/must be called before any query/.test(reference.says)) return "first_in_transaction";
  if (ran.some(({ file }) => file.settings)) return "session_settings";
  if (own.well !== reference.well || differOnlyInTotal(own, scene) === false) return undefined;
  return "total_after_repair";
}

/** Whether rows differ, and in nothing but a total that we have corrected. */
function hasOtherTotal(own: Outcome, scene: Scene): boolean {
  return !same(own.rows, scene.reference.rows) && differOnlyInTotal(own, scene) &&
    same(own.content, scene.reference.content);
}

/** Whether a total that we have corrected is all that differs. */
function differOnlyInTotal(own: Outcome, { number, reference, rowsBefore, story }: Scene): boolean {
  if (own.rows.length !== reference.rows.length) return false;
  return own.rows.every((row, i) => {
    const other = reference.rows[i];
    const before = rowOf(rowsBefore, row["version"]);
    if (other === undefined) return false;
    if (row["total"] === other["total"] || before === undefined || !isPartialRow(before)) {
      return same(row, other);
    }
    const standing = directoryAt(story, number).find(({ version }) => version === row["version"]);
    const right = splitStatements(standing?.text ?? "", { file: "x" }).length;
    // Where nothing was left to execute, Atlas leaves the old error too.
    const old = row["error"] === "" && other["error"] === before["error"]
      ? { error: "", error_stmt: "" }
      : {};
    return row["total"] === right && same({ ...row, total: 0 }, { ...other, total: 0, ...old });
  });
}

/** The files without a row that Atlas never looks at: those below its first one. */
function unseen({ number, rowsBefore, story }: Scene): readonly Standing[] {
  const oldest = rowsBefore[0];
  if (oldest === undefined || oldest["type"] === REVISION_TYPE.baseline) return [];
  const files = directoryAt(story, number).filter(({ file }) => !file.checkpoint)
    .toSorted((a, b) => compareBytes(a.name, b.name));
  const from = files.findIndex(({ version }) =>
    compareBytes(version, String(oldest["version"])) >= 0
  );
  return files.slice(0, from < 0 ? files.length : from).filter(({ version }) =>
    rowOf(rowsBefore, version) === undefined
  );
}

/**
 * Whether anything that the hash of a row covers is no longer what it was. Of files that came later
 * those matter that have no row, if there were such before: then nobody can tell which.
 */
function changedSince({ applied, number, rowsBefore, story }: Scene): boolean {
  const files = directoryAt(story, number);
  return rowsBefore.some((row) => {
    const was = applied.get(String(row["version"]));
    if (was === undefined || row["type"] === REVISION_TYPE.baseline) return false;
    const gone = was.covered.some((file) =>
      !files.some((is) => equal(is, file)) &&
      // Of a half-done file the rest may be repaired.
      !(isPartialRow(row) && file.version === row["version"])
    );
    const unexecuted = was.covered.some(({ version }) => !was.rows.includes(version));
    const came = files.some((is) =>
      compareBytes(is.name, was.standing.name) < 0 &&
      !was.covered.some(({ name }) => name === is.name)
    );
    return gone || (unexecuted && came);
  });
}

/** Whether a file that has left no half-done row has another text than when it was applied. */
function mustBeNoticed({ applied, number, rowsBefore, story }: Scene): boolean {
  if (oddAt(story, number) !== undefined || story.steps[number]?.dryRun) return false;
  return directoryAt(story, number).some((is) => {
    const row = rowOf(rowsBefore, is.version);
    const was = applied.get(is.version)?.standing;
    // A file outside a transaction may have been repaired.
    const open = /none/.test(`${was?.file.directive}${is.file.directive}`);
    return row !== undefined && row["type"] !== REVISION_TYPE.baseline && was !== undefined &&
      !isPartialRow(row) && !open && !equal(is, was);
  });
}

function equal(a: Standing, b: Standing): boolean {
  return a.name === b.name && a.text === b.text;
}

function rowOf(rows: readonly Row[], version: unknown): Row | undefined {
  return rows.find((row) => row["version"] === version);
}

function isPartialRow(row: Row): boolean {
  return row["applied"] !== row["total"];
}

function same(a: unknown, b: unknown): boolean {
  try {
    assert.deepEqual(a, b);
    return true;
  } catch {
    return false;
  }
}

function withSums(texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const sources = Object.entries(texts).map(([name, text]) => ({ name, text }));
  return { "atlas.sum": sumsOf(sources), ...texts };
}

/** How failures show themselves in what Atlas says. */
const FAILED: Readonly<Record<string, RegExp>> = {
  "syntax error": /\(42601\)/,
  "missing table": /\(42P01\)/,
  "division by zero": /\(22012\)/,
  "unique violation": /\(23505\)/,
  "deferred constraint": /\(23503\)/,
  "raised": /\(XX123\)/,
  "concurrently in a transaction": /\(25001\)/,
  "unclosed quote": /unclosed quote/,
  "history changed": /history changed/,
  "out of order": /out of order/,
  "not clean": /not clean/,
  "no such baseline": /baseline version .* not found/,
  "baseline and dirty": /mutually exclusive/,
  "wrong directive": /txmode/,
  "missing migration": /missing migration/,
};

function count(
  tally: Tally,
  { reference, step }: { readonly step: StoryStep; readonly reference: Outcome },
): void {
  tally.add(reference.well ? "success" : "failure");
  tally.add(`txMode ${step.txMode}`);
  tally.add(`execOrder ${step.execOrder}`);
  for (const option of ["amount", "baseline", "allowDirty", "dryRun"] as const) {
    if (step[option] !== undefined && step[option] !== false) tally.add(option);
  }
  if (reference.well) return;
  const kinds = Object.entries(FAILED).filter(([, pattern]) => pattern.test(reference.says));
  for (const [kind] of kinds) tally.add(`failed with ${kind}`);
}
