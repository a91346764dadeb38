import { tools } from "./tools.ts";

/** The command under which a Windows program runs here, or nothing on Windows. */
export function through(): readonly string[] {
  return Deno.build.os === "windows" ? [] : [tools.wine ?? ""];
}

/** What Wine needs in an environment, besides what the program gets. */
export function wineEnvironment(): Record<string, string> {
  if (Deno.build.os === "windows") return {};
  return {
    WINEPREFIX: Deno.env.get("WINEPREFIX") ?? "",
    WINEDEBUG: "-all",
    // Otherwise Wine knows no name with letters beyond ASCII.
    LC_ALL: "C.UTF-8",
    PATH: Deno.env.get("PATH") ?? "",
    HOME: Deno.env.get("HOME") ?? "",
  };
}

/** A path of this machine as Windows programs under Wine know it. */
export function windowsPath(path: string): string {
  return Deno.build.os === "windows" ? path : `Z:${path.replaceAll("/", "\\")}`;
}
