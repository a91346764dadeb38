import { tools } from "./tools.ts";

/** The command under which a Windows program runs here, or nothing on Windows. */
export function through(): readonly string[] {
  return Deno.build.os === "windows" ? [] : [tools.wine ?? ""];
}

/**
 * As `through()`, in a console of its own: Wine gives a program one where its standard input is a
 * terminal, and Ctrl-C is a byte that is typed there.
 */
export function throughConsole(): readonly string[] {
  const inTerminal =
    'exec 4>&1 5>&2; SHELL=/bin/bash exec script -qec "$(printf "%q " "$0" "$@") >&4 2>&5" /dev/null >/dev/null';
  return ["bash", "-c", inTerminal, ...through()];
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
