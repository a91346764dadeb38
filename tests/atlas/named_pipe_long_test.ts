import assert from "node:assert/strict";
import { compileForTests } from "../harness/compiled.ts";
import { tools, toolTest } from "../harness/tools.ts";
import { through, wineEnvironment } from "../harness/wine.ts";

const WINDOWS = Deno.build.os === "windows";
const PROBE = "tests/atlas/named_pipe_probe.ts";

/** What the probe says of each of its scenarios. */
const EXPECTED: Readonly<Record<string, unknown>> = {
  "reads": { code: 0, right: [true] },
  "a megabyte": { code: 0, right: [true] },
  "stats and reads": { code: 0, right: [true] },
  "two openers": { code: 0, right: [true, true] },
  "opens and reads nothing": { code: 3, right: [] },
  "stalls while another reads": { code: 0, right: [true] },
  "ends while it stalls": { code: 4, right: [] },
  "ends before it reads": { code: 5, right: [] },
  "opens many": { code: 0, right: [true] },
  "a grandchild reads": { code: 0, right: [true] },
  "never served": "closed",
  "is gone afterwards": "gone",
};

for (const [scenario, expected] of Object.entries(EXPECTED)) {
  windowsTest(`named pipe: ${scenario}`, async () => {
    assert.deepEqual(JSON.parse((await probe(scenario)).out), expected);
  });
}

windowsTest("named pipe: a name that is taken is the config pipe's error", async () => {
  const { code, hint, message } = JSON.parse(
    (await probe("the name is taken by another kind of pipe")).out,
  );
  assert.equal(code, "config_pipe");
  assert.match(message, /config pipe: the name "\\\\\.\\pipe\\hotpot-atlas-\d+-taken" is taken/);
  assert.match(hint, /Run the command again/);
});

windowsTest("named pipe: a process that Atlas did not start gets nothing", async () => {
  const { result, stranger } = JSON.parse((await probe("a stranger reads")).out);
  assert.equal(stranger, "");
  assert.equal(result.code, "config_pipe");
});

Deno.test({
  // Wine 8 knows no FILE_FLAG_FIRST_PIPE_INSTANCE.
  name: "named pipe: a name that is taken by one of our kind is refused [needs Windows]",
  ignore: !WINDOWS,
  fn: async () => {
    assert.equal(JSON.parse((await probe("the name is taken")).out).code, "config_pipe");
  },
});

Deno.test({
  name: "named pipe: only the current user is admitted [needs Windows]",
  ignore: !WINDOWS,
  fn: async () => {
    const rules: string = JSON.parse((await probe("who is admitted")).out);
    // Owner and group may be named; the one rule admits one user, and nobody inherits.
    assert.match(rules, /D:P\(A;;[A-Z0-9x]+;;;S-1-5-21-[\d-]+\)$/);
  },
});

Deno.test({
  // Making a user is for administrators, and a machine of one's own should not get any.
  name: "named pipe: another user is refused [needs Windows in CI]",
  ignore: !WINDOWS || Deno.env.get("CI") === undefined,
  fn: async () => {
    assert.equal(
      JSON.parse((await probe("another user opens")).out),
      "UnauthorizedAccessException",
    );
  },
});

/** On Windows by Deno itself, elsewhere compiled and under Wine. */
function windowsTest(name: string, fn: () => Promise<void>): void {
  toolTest(WINDOWS ? [] : ["denort_wine", "wine"], name, fn);
}

let built: Promise<readonly string[]> | undefined;

async function probe(scenario: string): Promise<{ readonly out: string }> {
  const [command = "", ...args] = await (built ??= probeCommand());
  const { code, stderr, stdout } = await new Deno.Command(command, {
    args: [...args, scenario],
    env: { ...wineEnvironment(), NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.equal(code, 0, text(stderr));
  return { out: text(stdout) };
}

async function probeCommand(): Promise<readonly string[]> {
  if (WINDOWS) return [Deno.execPath(), "run", "-A", "--no-check", PROBE];
  const path = await compileForTests(
    { name: "named_pipe_probe", entry: PROBE, permissions: ["-A"], onWindows: [] },
    { target: "x86_64-pc-windows-msvc", runtime: tools.denort_wine ?? "" },
  );
  return [...through(), path];
}
