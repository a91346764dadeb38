import { delimiter, join } from "node:path";

/** The programs that some tests need, where the environment names them. */
export const tools = {
  atlas: Deno.env.get("ATLAS_BIN"),
  bao: Deno.env.get("BAO_BIN"),
  denort: Deno.env.get("DENORT_LINUX"),
  go: onPath("go"),
  pgbouncer: onPath("pgbouncer") ?? onPath("pgbouncer", "/usr/sbin"),
} as const;

/** The name of a tool. */
export type Tool = keyof typeof tools;

/** A test that needs a tool; without it the test is ignored, and its name says what is missing. */
export function toolTest(tool: Tool, name: string, fn: (path: string) => Promise<void>): void {
  const path = tools[tool];
  Deno.test({
    name: path === undefined ? `${name} [needs ${tool}]` : name,
    ignore: path === undefined,
    fn: () => fn(path ?? ""),
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
