import { join } from "node:path";
import type { Declaration } from "./declaration.ts";
import { type Answer, entMissing, goFailed, loaderFault } from "./ent_error.ts";
import LOADER from "./ent_loader.go" with { type: "text" };
import { readText } from "./ent_packages.ts";
import { type GoPackage, loaderFolder, registration } from "./ent_program.ts";
import { findGo, Go, goEnvironment } from "./go.ts";
import { type BuildRules, buildRules, moduleOf } from "./go_module.ts";

/** What loading needs besides the declaration. */
export interface LoadOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Hides secrets in what Go says: the types are programs, and may read what they like. */
  readonly redact: (text: string) => string;
  /** A private folder to work in, which the caller removes. */
  readonly temp: string;
}

/**
 * Loads the ent types of a layer with the developer's Go, and returns PostgreSQL DDL: the schemas,
 * and everything in them by its full name. Nothing is written into the module, and the types run in
 * a program of their own.
 *
 * @throws {MigrateError} `go_missing`, `go_module_missing`, `ent_missing`, `ent_failed`,
 * `schema_unreadable`, `interrupted`.
 */
export async function loadEnt(declaration: Declaration, options: LoadOptions): Promise<string> {
  const path = await findGo(options.env);
  const root = await Deno.realPath(await moduleOf(declaration));
  const temp = await Deno.makeTempDir({ dir: options.temp, prefix: "ent-" });
  const env = { ...goEnvironment(options.env), GOTMPDIR: temp };
  const bare = new Go(path, { cwd: root, env, signal: options.signal, redact: options.redact });
  const rules = await buildRules(bare, { root, temp });
  const go = bare.with(rules.env);
  await requireEnt(go, { rules, root });
  const packages = await readPackages(go, { declaration, rules, root });
  const answer = await runLoader(go, { packages, rules, root, temp });
  if (answer.sql === undefined) {
    const details = answer.details?.map((line) => go.redact(line)) ?? [];
    throw loaderFault({ ...answer, details }, declaration.layer);
  }
  return withoutPositions(answer.sql);
}

async function requireEnt(
  go: Go,
  options: { readonly rules: BuildRules; readonly root: string },
): Promise<void> {
  const answer = await go.run(["list", ...options.rules.flags, "-m", "entgo.io/ent"]);
  if (answer.code === 0) return;
  throw /not a known dependency/.test(answer.stderr)
    ? entMissing(options.root)
    : goFailed(answer.stderr, options.root);
}

/** What `go list -json` prints of a package. */
interface Listed {
  readonly Dir: string;
  readonly ImportPath: string;
  readonly GoFiles?: readonly string[];
  readonly Error?: { readonly Pos?: string; readonly Err: string };
  readonly DepsErrors?: readonly { readonly Pos?: string; readonly Err: string }[] | null;
}

/** Asks Go which files make up the packages, and whether all that they import is there. */
async function readPackages(
  go: Go,
  options: {
    readonly declaration: Declaration;
    readonly rules: BuildRules;
    readonly root: string;
  },
): Promise<readonly GoPackage[]> {
  const { declaration, root, rules } = options;
  const fields = "-json=Dir,ImportPath,GoFiles,Error,DepsErrors";
  const folders = await Promise.all(declaration.paths.map((folder) => Deno.realPath(folder)));
  const answer = await go.run(["list", "-e", fields, ...rules.flags, "--", ...folders]);
  if (answer.code !== 0) throw goFailed(answer.stderr, root);
  const listed: readonly Listed[] = JSON.parse(
    `[${answer.stdout.trim().replaceAll(/^\}\n\{/gm, "},\n{")}]`,
  );
  const faults = listed.flatMap(({ DepsErrors, Error }) => [
    ...(Error === undefined ? [] : [Error]),
    ...(DepsErrors ?? []),
  ]);
  if (faults.length > 0) {
    const lines = faults.map(({ Err, Pos = "" }) => `${Pos}${Pos === "" ? "" : ": "}${Err}`);
    throw goFailed(go.redact([...new Set(lines)].join("\n")), root);
  }
  return await Promise.all(listed.map(async ({ Dir, GoFiles = [], ImportPath }) => ({
    path: ImportPath,
    folder: Dir,
    files: await Promise.all(GoFiles.map((name) => readText(join(Dir, name)))),
  })));
}

/** Builds the loader inside the module, as far as Go can tell, and runs it. */
async function runLoader(
  go: Go,
  options: {
    readonly packages: readonly GoPackage[];
    readonly rules: BuildRules;
    readonly root: string;
    readonly temp: string;
  },
): Promise<Answer> {
  const { packages, root, rules, temp } = options;
  const folder = loaderFolder(packages);
  const overlay = join(temp, "overlay.json");
  const replaced: Record<string, string> = {};
  const files = { "ent_loader.go": LOADER, "types.go": registration(packages) };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(temp, name), text);
    replaced[join(folder, name)] = join(temp, name);
  }
  await Deno.writeTextFile(overlay, JSON.stringify({ Replace: replaced }));
  const result = join(temp, "answer.json");
  const run = (flags: readonly string[]) =>
    go.run(["run", `-overlay=${overlay}`, "-buildvcs=false", ...flags, folder, result]);
  let ended = await run(rules.flags);
  if (ended.code !== 0 && rules.fallback !== undefined && lacksModules(ended.stderr)) {
    ended = await run(rules.fallback);
  }
  if (ended.code !== 0) throw goFailed(ended.stderr, root);
  return JSON.parse(await Deno.readTextFile(result));
}

/**
 * Whether something that the loader itself imports is not among the module's requirements, sums or
 * vendored packages. What the types import is there, or `go list` would have said so.
 */
function lacksModules(stderr: string): boolean {
  return /missing go\.sum entry|no required module provides|cannot find module providing|updates to go\.mod needed/
    .test(stderr);
}

/** Drops the lines by which ent tells Atlas where a type stands in the developer's files. */
function withoutPositions(sql: string): string {
  return sql.replace(/^(?:-- atlas:pos [^\n]*\n)+\n?/, "");
}
