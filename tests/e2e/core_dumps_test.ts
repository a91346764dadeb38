import assert from "node:assert/strict";
import { quietEnvironment } from "../../src/atlas/program.ts";
import { goEnvironment } from "../../src/declared/go.ts";
import { folderOf } from "../harness/atlas.ts";
import { DUMPING, dumpsIn, writesDumps } from "../harness/core_dumps.ts";
import { listen } from "../harness/listener.ts";
import { toolTest } from "../harness/tools.ts";
import { until } from "../harness/vault.ts";

const ignore = !await writesDumps();

/** What makes programs in Go dump their memory: https://pkg.go.dev/runtime#hdr-Environment_Variables */
const HOSTILE = { GOTRACEBACK: "crash", GODEBUG: "x=1", PATH: "/bin" };

/** Has Atlas wait for a database, sends it a signal, and returns what dumps there are. */
async function dumpsOf(
  atlas: string,
  options: { readonly env: Readonly<Record<string, string>>; readonly signal: Deno.Signal },
): Promise<readonly string[]> {
  let asked = 0;
  await using silent = await listen(() => void asked++);
  await using folder = await folderOf({});
  const url = `postgres://u:planted@127.0.0.1:${silent.port}/x?sslmode=disable`;
  const child = new Deno.Command("bash", {
    args: ["-c", `${DUMPING}; exec "$0" "$@"`, atlas, "schema", "inspect", "--url", url],
    cwd: folder.path,
    clearEnv: true,
    env: { ...options.env },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await until(() => Promise.resolve(assert.ok(asked > 0)));
  child.kill(options.signal);
  await child.status;
  return await dumpsIn(folder.path);
}

toolTest("atlas", "Atlas dumps no core: what would make it is not passed on", async (atlas) => {
  const env = quietEnvironment(HOSTILE, "/nonexistent");
  for (const signal of ["SIGQUIT", "SIGABRT", "SIGSEGV"] as const) {
    assert.deepEqual(await dumpsOf(atlas, { env, signal }), [], signal);
  }
  // It would, and then it would be seen.
  const spoilt = { ...env, GOTRACEBACK: "crash" };
  assert.notDeepEqual(await dumpsOf(atlas, { env: spoilt, signal: "SIGABRT" }), []);
}, { ignore });

Deno.test("goEnvironment() passes on nothing that makes Go dump its memory", () => {
  assert.deepEqual(goEnvironment(HOSTILE), { PATH: "/bin" });
});
