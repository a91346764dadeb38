import assert from "node:assert/strict";
import { CRASHES, SECRET } from "./harness/crashing.ts";
import { formsOf } from "./harness/leaks.ts";

const SCRIPT = "tests/harness/crashing.ts";

async function crash(args: readonly string[]) {
  const { code, stderr, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", SCRIPT, ...args],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

for (const how of Object.keys(CRASHES)) {
  Deno.test(`a crash with ${how} shows no secret, and the program winds down`, async () => {
    const plain = await crash([how]);
    const json = await crash([how, "--json"]);
    for (const { code, err, out } of [plain, json]) {
      assert.equal(code, 1, err);
      assert.deepEqual(formsOf(SECRET).filter((form) => `${out}${err}`.includes(form)), []);
      assert.match(err, /^error\[internal\]: /m);
      assert.match(err, /^hint: This is a fault of the program: please report it/m);
      assert.match(err, /wound down/);
      assert.doesNotMatch(err, /Uncaught/);
    }
    assert.equal(plain.out, "");
    assert.equal(JSON.parse(json.out).error.code, "internal");
  });
}

Deno.test("a crash is told with its stack and with what caused it", async () => {
  const { err } = await crash(["an error with causes"]);
  assert.match(err, /^error\[internal\]: outer\n {2} +at .*crashing\.ts:\d+/);
  assert.match(err, /caused by: several\n/);
  assert.match(err, /caused by: inner \*\*\*\*\n/);
  assert.match(err, /caused by: \{"password":"\*\*\*\*"\}/);
});
