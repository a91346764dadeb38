import { dirname, join, relative } from "node:path";
import { readGo } from "./go_source.ts";

/** One Go package and the text of the files that are built into it. */
export interface GoPackage {
  readonly path: string;
  readonly folder: string;
  readonly files: readonly string[];
}

/** The folder of the loader inside the developer's module. It exists in Go's overlay alone. */
const LOADER_FOLDER = "hotpot_genmigrate_ent";

/**
 * The folder in which the loader pretends to stand: below all packages' common one, so that it may
 * import what is `internal` to it.
 */
export function loaderFolder(packages: readonly GoPackage[]): string {
  const [first = "", ...others] = packages.map(({ folder }) => folder);
  return join(others.reduce(common, first), LOADER_FOLDER);
}

/**
 * The file that registers every exported struct type of the packages. Which of them are ent types
 * the loader finds out when it runs, by the interface.
 */
export function registration(packages: readonly GoPackage[]): string {
  const imports: string[] = [];
  const calls: string[] = [];
  for (const { files, path } of packages) {
    const types = files.flatMap((text) => readGo(text).types).filter(({ isExported }) =>
      isExported
    );
    if (types.length === 0) continue;
    const alias = `p${imports.length}`;
    imports.push(`\t${alias} ${JSON.stringify(path)}`);
    calls.push(...types.map(({ name }) => `\tadd[${alias}.${name}](${JSON.stringify(path)})`));
  }
  return [
    "package main",
    "",
    "import (",
    ...imports,
    ")",
    "",
    "func init() {",
    ...calls,
    "}",
    "",
  ].join("\n");
}

function common(a: string, b: string): string {
  let folder = a;
  while (relative(folder, b).startsWith("..") && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  return folder;
}
