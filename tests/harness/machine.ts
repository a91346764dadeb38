import { dirname, join } from "node:path";
import { hostTarget, type Target } from "../../scripts/compile/targets.ts";
import type { Site, SiteOptions } from "./site.ts";
import { type Tool, tools } from "./tools.ts";
import { through, throughConsole, windowsPath, wineEnvironment } from "./wine.ts";

/** A system on which compiled programs are tried, with Atlas installed. */
export interface Machine {
  readonly name: string;
  /** The tools without which it cannot be had here. */
  readonly needed: readonly Tool[];
  readonly target: Target;
  /** The runtime of Deno for it. */
  readonly runtime: string;
  /** Whether `interrupt` works. */
  readonly canInterrupt: boolean;
  /** A path as its programs know it. */
  path(path: string): string;
  /** How a program is run on it; one that is going to be interrupted needs `console`. */
  options(
    site: Site,
    changes?: { readonly env?: Readonly<Record<string, string>>; readonly console?: boolean },
  ): Promise<SiteOptions>;
  /** What runs have left on it. */
  leftovers(site: Site): Promise<readonly string[]>;
  /** Presses Ctrl-C. */
  interrupt(child: Deno.ChildProcess): Promise<void>;
}

/** The machine that runs the tests, where that is a Unix. */
export const UNIX: Machine = {
  name: Deno.build.os === "darwin" ? "macos" : "linux",
  needed: ["compiled", "atlas"],
  target: hostTarget() ?? "x86_64-unknown-linux-gnu",
  runtime: tools.denort ?? "",
  canInterrupt: true,
  path: (path) => path,
  options: ({ root }, { env } = {}) =>
    Promise.resolve({
      env: {
        TMPDIR: join(root, "temp"),
        HOME: join(root, "home"),
        PATH: dirname(tools.atlas ?? ""),
        ...env,
      },
    }),
  leftovers: (site) => site.leftovers(),
  interrupt: (child) => Promise.resolve(child.kill("SIGINT")),
};

const onWindows = Deno.build.os === "windows";

/** Windows: this machine if it is one, otherwise as Wine has it. */
export const WINDOWS: Machine = {
  name: "windows",
  needed: ["compiled_windows", "atlas_exe", ...onWindows ? [] : ["wine", "script"] as const],
  target: "x86_64-pc-windows-msvc",
  runtime: tools.denort_wine ?? "",
  // Nothing presses Ctrl-C in the console of another program there.
  canInterrupt: !onWindows,
  path: windowsPath,
  async options({ root }, { console = false, env } = {}) {
    const bin = join(root, "bin");
    const atlas = join(bin, "atlas.exe");
    await Deno.mkdir(bin, { recursive: true });
    if (onWindows) {
      if (tools.atlas_exe !== undefined) await Deno.copyFile(tools.atlas_exe, atlas);
      const temp = join(root, "temp");
      const own = { PATH: bin, TEMP: temp, TMP: temp, USERPROFILE: join(root, "home") };
      return { env: { SystemRoot: Deno.env.get("SystemRoot") ?? "", ...own, ...env } };
    }
    await Deno.symlink(tools.atlas_exe ?? "", atlas).catch((error) => {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    });
    return {
      through: console ? throughConsole() : through(),
      stdin: console ? "piped" : "null",
      env: { ...wineEnvironment(), WINEPATH: windowsPath(bin), ...env },
    };
  },
  /** Wine itself decides where the folder for temporary files is; every test of Wine shares it. */
  async leftovers(site) {
    const found = [...await site.leftovers()];
    if (onWindows) return found;
    const users = join(Deno.env.get("WINEPREFIX") ?? "", "drive_c/users");
    for await (const { name } of Deno.readDir(users)) {
      const temp = join(users, name, "Temp");
      for (const entry of await Array.fromAsync(Deno.readDir(temp)).catch(() => [])) {
        if (entry.name.startsWith("hotpot-")) found.push(join(temp, entry.name));
      }
    }
    return found;
  },
  async interrupt(child) {
    const writer = child.stdin.getWriter();
    await writer.write(Uint8Array.of(3));
    await writer.close().catch(() => {});
  },
};
