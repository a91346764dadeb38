import { dirname, join, resolve } from "node:path";
import { MigrateError } from "../errors.ts";
import type { Declaration } from "./declaration.ts";
import { isFile } from "./entries.ts";
import type { Go } from "./go.ts";
import { goFailed } from "./ent_error.ts";

/**
 * The folder of the module in which packages stand.
 *
 * @throws {MigrateError} `go_module_missing` when there is none, or there are several.
 */
export async function moduleOf(declaration: Declaration): Promise<string> {
  const roots = new Set<string>();
  for (const path of declaration.paths) {
    let folder = path;
    while (!await isFile(join(folder, "go.mod"))) {
      const parent = dirname(folder);
      if (parent === folder) {
        throw new MigrateError(
          "go_module_missing",
          `Cannot load ent types: no go.mod in "${path}" or above it`,
          { hint: "Create the module with go mod init, or give another folder with --schema" },
        );
      }
      folder = parent;
    }
    roots.add(folder);
  }
  const [root = "", ...others] = [...roots];
  if (others.length === 0) return root;
  throw new MigrateError(
    "go_module_missing",
    `Cannot load ent types: those of ${declaration.layer} stand in ${roots.size} Go modules`,
    { hint: "Keep the types of a layer in one module", details: [...roots] },
  );
}

/** How the module is to be built, so that nothing is written into it. */
export interface BuildRules {
  /** Variables beside those of the developer. */
  readonly env: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
  /** Rules to fall back to when the module has not all that ent's generator needs. */
  readonly fallback: readonly string[] | undefined;
}

/**
 * Decides how to build. Go writes into a module only with `-mod=mod`, which the developer's GOFLAGS
 * may hold, and into the go.work.sum beside a go.work; so the one is overruled, and of the other a
 * copy is used. The fallback completes a copy of go.mod and go.sum.
 *
 * @throws {MigrateError} `ent_failed` when Go does not work here.
 */
export async function buildRules(
  go: Go,
  options: { readonly root: string; readonly temp: string },
): Promise<BuildRules> {
  const { root, temp } = options;
  const answer = await go.run(["env", "-json", "GOWORK", "GOFLAGS"]);
  if (answer.code !== 0) throw goFailed(answer.stderr, root);
  const { GOFLAGS = "", GOWORK = "" }: Record<string, string> = JSON.parse(answer.stdout);
  if (GOWORK !== "" && GOWORK !== "off") {
    const copy = join(temp, "go.work");
    await Deno.writeTextFile(copy, await copyWork(go, { root, path: GOWORK }));
    await copyFile(GOWORK.replace(/\.work$/, ".work.sum"), join(temp, "go.work.sum"));
    return { env: { GOWORK: copy }, flags: [], fallback: undefined };
  }
  const copy = join(temp, "go.mod");
  await copyFile(join(root, "go.mod"), copy);
  await copyFile(join(root, "go.sum"), join(temp, "go.sum"));
  return {
    env: {},
    flags: /(?:^|\s)-mod=mod\b/.test(GOFLAGS) ? ["-mod=readonly"] : [],
    fallback: [`-modfile=${copy}`, "-mod=mod"],
  };
}

/** The text of a go.work that may stand elsewhere: its paths are absolute. */
async function copyWork(
  go: Go,
  options: { readonly root: string; readonly path: string },
): Promise<string> {
  const answer = await go.run(["work", "edit", "-json", options.path]);
  if (answer.code !== 0) throw goFailed(answer.stderr, options.root);
  const work: Work = JSON.parse(answer.stdout);
  const folder = dirname(options.path);
  const place = (path: string) => JSON.stringify(resolve(folder, path));
  const name = ({ Path, Version = "" }: Version) => `${JSON.stringify(Path)} ${Version}`;
  return [
    `go ${work.Go}`,
    ...(work.Toolchain === undefined ? [] : [`toolchain ${work.Toolchain}`]),
    ...(work.Godebug ?? []).map(({ Key, Value }) => `godebug ${Key}=${Value}`),
    ...(work.Use ?? []).map(({ DiskPath }) => `use ${place(DiskPath)}`),
    ...(work.Replace ?? []).map(({ New, Old }) =>
      `replace ${name(Old)} => ${New.Version === undefined ? place(New.Path) : name(New)}`
    ),
    "",
  ].join("\n");
}

interface Version {
  readonly Path: string;
  readonly Version?: string;
}

/** What `go work edit -json` prints. */
interface Work {
  readonly Go?: string;
  readonly Toolchain?: string;
  readonly Godebug?: readonly { readonly Key: string; readonly Value: string }[] | null;
  readonly Use?: readonly { readonly DiskPath: string }[] | null;
  readonly Replace?: readonly { readonly Old: Version; readonly New: Version }[] | null;
}

async function copyFile(from: string, to: string): Promise<void> {
  if (await isFile(from)) await Deno.copyFile(from, to);
}
