import { delimiter, dirname, join } from "node:path";

const onWindows = Deno.build.os === "windows";

/** A folder with `migrate` and `genmigrate` for this machine, to be tested as they are. */
export const GIVEN_PROGRAMS = Deno.env.get("HOTPOT_TEST_PROGRAMS") || undefined;

/** The programs that some tests need, where the environment names them. */
export const tools = {
  // What compiled programs come from: those given, or a runtime to compile them with.
  compiled: onWindows
    ? undefined
    : GIVEN_PROGRAMS ?? (Deno.build.os === "linux" ? Deno.env.get("DENORT_LINUX") : undefined),
  compiled_windows: onWindows ? GIVEN_PROGRAMS : Deno.env.get("DENORT_WINE"),
  atlas: Deno.env.get("ATLAS_BIN"),
  bao: Deno.env.get("BAO_BIN"),
  denort: Deno.env.get("DENORT_LINUX"),
  go: onPath("go"),
  atlas_exe: Deno.env.get("ATLAS_EXE"),
  denort_wine: Deno.env.get("DENORT_WINE"),
  wine: Deno.env.get("WINE"),
  jq: onPath("jq"),
  buildah: onPath("buildah"),
  strace: installed("/usr/bin/strace"),
  script: installed("/usr/bin/script"),
  systemd_analyze: onPath("systemd-analyze"),
  kubernetes_validate: onPath("kubernetes-validate"),
  actionlint: onPath("actionlint"),
  check_jsonschema: onPath("check-jsonschema"),
  cyclonedx: pythonWith("cyclonedx"),
  bash: onPath("bash"),
  zsh: onPath("zsh"),
  fish: onPath("fish"),
  pwsh: onPath("pwsh"),
  pgbouncer: onPath("pgbouncer") ?? onPath("pgbouncer", "/usr/sbin"),
} as const;

function installed(path: string): string | undefined {
  try {
    return Deno.statSync(path).isFile ? path : undefined;
  } catch {
    return undefined;
  }
}

/** The Python on the PATH, if it stands in an environment that has a package. */
function pythonWith(name: string): string | undefined {
  const python = onPath("python3");
  if (python === undefined) return undefined;
  const libraries = join(python, "../../lib");
  try {
    const versions = [...Deno.readDirSync(libraries)].map((entry) => entry.name);
    const found = versions.some((version) =>
      Deno.statSync(join(libraries, version, "site-packages", name)).isDirectory
    );
    return found ? python : undefined;
  } catch {
    return undefined;
  }
}

/** A PATH with Atlas on it, if it is at hand. */
export function atlasPath(): string {
  return tools.atlas === undefined ? "" : dirname(tools.atlas);
}

/** The name of a tool. */
export type Tool = keyof typeof tools;

/**
 * A test that needs tools, whose paths it gets; without one of them the test is ignored, and its
 * name says what is missing.
 */
export function toolTest(
  needed: Tool | readonly Tool[],
  name: string,
  fn: (...paths: string[]) => Promise<void>,
  options: { readonly ignore?: boolean } = {},
): void {
  const names = typeof needed === "string" ? [needed] : needed;
  const missing = names.filter((tool) => tools[tool] === undefined);
  Deno.test({
    name: [name, ...missing.map((tool) => `[needs ${tool}]`)].join(" "),
    ignore: missing.length > 0 || options.ignore === true,
    fn: () => fn(...names.map((tool) => tools[tool] ?? "")),
  });
}

function onPath(name: string, path = Deno.env.get("PATH") ?? ""): string | undefined {
  const file = Deno.build.os === "windows" ? `${name}.exe` : name;
  return path.split(delimiter).map((folder) => join(folder, file)).find(
    (path) => {
      try {
        return Deno.statSync(path).isFile;
      } catch {
        // Not in this folder.
        return false;
      }
    },
  );
}
