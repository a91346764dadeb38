import { Atlas, AtlasFolder, type AtlasProgram } from "../atlas/mod.ts";
import type { Database } from "../database.ts";
import { findDeclarations } from "../declared/mod.ts";
import { toPostgresUrl } from "../dsn.ts";
import { type ErrorCode, MigrateError } from "../errors.ts";
import { withMoved } from "../foreign_keys.ts";
import type { BaseFiles } from "../git.ts";
import { LAYERS } from "../layers.ts";
import { embedModule, type Folder, mergeLayers, splitStatements } from "../migrations/mod.ts";
import { openDevDatabase, type ScratchMode } from "../postgres/mod.ts";
import { findAltered } from "./append_only.ts";
import { EMBED } from "./checkout_change.ts";
import { readCheckout } from "./checkout_folders.ts";
import { Comparison } from "./comparison.ts";
import { loadStates, ownedSchemas } from "./layer_states.ts";

/** What `genmigrate check` needs to know. */
export interface CheckRequest {
  readonly schema: string;
  readonly out: string;
  readonly base: BaseFiles | undefined;
  readonly database: Database;
  readonly scratch: ScratchMode;
  readonly program: AtlasProgram;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly redact: (text: string) => string;
}

/** What is checked, in this order. */
export const CHECKS = {
  migrations: "names, numbers and sums",
  embed: "embed.ts is what the files give",
  base: "the migrations of the base branch are unchanged",
  replay: "the whole history replays on an empty database",
  declared: "the declared schema has no difference left",
} as const;

/** One of the checks. */
export type Check = keyof typeof CHECKS;

/** Something that is not as it must be. */
export interface Finding {
  readonly code: ErrorCode | "embed_stale" | "schema_differs";
  readonly message: string;
  readonly details: readonly string[];
  readonly hint: string;
  /** The file that it is about, if it is about one. */
  readonly file?: string;
}

/** What became of one check. */
export interface CheckResult {
  readonly check: Check;
  readonly state: "ok" | "wrong" | "skipped";
  readonly findings: readonly Finding[];
}

/**
 * Checks a checkout without changing it, for CI. What is wrong stands in the results; an error is
 * thrown only when a check could not be made.
 *
 * @throws {MigrateError} the codes of `readCheckout`, `findDeclarations`, `openDevDatabase` and
 * `loadStates`, `atlas_failed`.
 */
export async function check(request: CheckRequest): Promise<readonly CheckResult[]> {
  const folders = await readCheckout(request.out);
  const migrations = await result("migrations", () => {
    mergeLayers(folders);
    return [];
  });
  const base = request.base;
  const results = [
    migrations,
    migrations.state === "ok"
      ? await result("embed", () => embedFindings(folders, request.out))
      : skipped("embed"),
    base === undefined ? skipped("base") : await result("base", () => baseFindings(folders, base)),
  ];
  if (migrations.state !== "ok") return [...results, skipped("replay"), skipped("declared")];
  return [...results, ...await compare(folders, request)];
}

async function compare(
  folders: readonly Folder[],
  request: CheckRequest,
): Promise<readonly CheckResult[]> {
  const declarations = await findDeclarations(request.schema);
  await using dev = await openDevDatabase(request.database, request);
  await using folder = await AtlasFolder.create();
  const atlas = new Atlas(request.program, { ...request, folder });
  const devUrl = toPostgresUrl(dev.database);
  const states = await loadStates(declarations, { ...request, atlas, devUrl, temp: folder.root });
  const owned = ownedSchemas(states, folders);
  const comparison = new Comparison({ atlas, folder, devUrl, states, owned, name: "check" });
  await comparison.lay(folders);
  const declared = new Set(declarations.map(({ layer }) => layer));
  const last = LAYERS.at(-1) ?? "gold";
  try {
    const written = await comparison.difference(last, declared);
    const text = withMoved(written?.text ?? "", await comparison.moved());
    const ok: CheckResult = { check: "replay", state: "ok", findings: [] };
    return [ok, await result("declared", () => text === "" ? [] : [differs(text)])];
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error;
    if (error.code === "replay_failed") return [wrong("replay", error), skipped("declared")];
    if (error.code !== "state_failed") throw error;
    return [{ check: "replay", state: "ok", findings: [] }, wrong("declared", error)];
  }
}

async function result(
  check: Check,
  find: () => readonly Finding[] | Promise<readonly Finding[]>,
): Promise<CheckResult> {
  try {
    const findings = await find();
    return { check, state: findings.length === 0 ? "ok" : "wrong", findings };
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error;
    return wrong(check, error);
  }
}

function wrong(check: Check, error: MigrateError): CheckResult {
  const { code, data, details, hint = "", message } = error;
  const file = data["file"];
  return {
    check,
    state: "wrong",
    findings: [{
      code,
      message,
      details,
      hint,
      ...(typeof file === "string" ? { file } : {}),
    }],
  };
}

function skipped(check: Check): CheckResult {
  return { check, state: "skipped", findings: [] };
}

async function embedFindings(
  folders: readonly Folder[],
  directory: string,
): Promise<readonly Finding[]> {
  const file = `${directory}/${EMBED}`;
  const present = await Deno.readTextFile(file).catch(() => undefined);
  if (present === embedModule(folders)) return [];
  return [{
    code: "embed_stale",
    message: `"${file}" is ${present === undefined ? "missing" : "not what the files give"}`,
    details: [],
    hint: "Run genmigrate hash",
    file,
  }];
}

function baseFindings(folders: readonly Folder[], base: BaseFiles): readonly Finding[] {
  return findAltered(folders, base).map(({ how, path }): Finding => ({
    code: "base_changed",
    message: `"${path}" is ${how} since ${base.ref}`,
    details: [],
    hint: "Restore it, and put the change into a new migration",
    file: path,
  }));
}

function differs(text: string): Finding {
  const statements = splitStatements(text, { file: "the declared schema" });
  return {
    code: "schema_differs",
    message: `The declared schema needs ${statements.length} more ${
      statements.length === 1 ? "statement" : "statements"
    }`,
    details: statements.map(({ text }) => text),
    hint: "Run genmigrate <name>",
  };
}
