import { EDITORS } from "../../src/editor.ts";
import { environmentFlag } from "../../src/environment.ts";

/** One program that is compiled. */
export interface Program {
  readonly name: string;
  readonly entry: string;
  /** Everything it may do, on every system; it never asks for more. */
  readonly permissions: readonly string[];
  /** What it needs on Windows besides. */
  readonly onWindows: readonly string[];
}

/** The programs, as they are compiled, released and run from source. */
export const PROGRAMS: readonly Program[] = [
  {
    name: "migrate",
    entry: "src/migrate.ts",
    permissions: [
      // The configuration decides where the database is and where its certificates are.
      "--allow-net",
      "--allow-read",
      // Atlas' folder stands where TMPDIR says, which is not known before.
      "--allow-write",
      "--allow-run=atlas",
      environmentFlag("migrate"),
      "--ignore-env",
    ],
    // The named pipe of the Atlas engine.
    onWindows: ["--allow-ffi"],
  },
  {
    name: "genmigrate",
    entry: "src/genmigrate.ts",
    permissions: [
      "--allow-net",
      // The checkout and the declared schemas stand where the flags say.
      "--allow-read",
      "--allow-write",
      `--allow-run=${["atlas", "go", "git", ...EDITORS].join(",")}`,
      environmentFlag("genmigrate"),
      "--ignore-env",
    ],
    onWindows: ["--allow-ffi"],
  },
];

/** The permissions that a program gets on an operating system, as Deno's flags. */
export function permissionFlags(program: Program, os: "linux" | "darwin" | "windows"): string[] {
  return [
    "--no-prompt",
    ...program.permissions,
    ...(os === "windows" ? program.onWindows : []),
  ];
}

/**
 * The program of a name.
 *
 * @throws {Error} when there is none.
 */
export function programNamed(name: string): Program {
  const program = PROGRAMS.find((candidate) => candidate.name === name);
  if (program === undefined) throw new Error(`There is no program "${name}"`);
  return program;
}
