import assert from "node:assert/strict";
import { ended } from "../harness/program.ts";
import { folderOf } from "../harness/atlas.ts";

const unix = Deno.build.os !== "windows";

Deno.test({
  name: "deno task demo applies everything, then finds nothing to do, and cleans up",
  ignore: !unix,
  async fn() {
    await using temp = await folderOf({});
    const run = await ended(await startDemo(temp.path, []));
    assert.equal(run.code, 0, run.err);
    assert.match(run.out, /The first run applies everything:[^]*Applied 14 migrations/);
    assert.match(run.out, /The second run finds nothing to do:[^]*Nothing to do: all 14/);
    assert.deepEqual(await leftIn(temp.path), []);
  },
});

Deno.test({
  name: "deno task demo --keep goes on until Ctrl-C, and cleans up",
  ignore: !unix,
  async fn() {
    await using temp = await folderOf({});
    const demo = await startDemo(temp.path, ["--keep"]);
    const text = await readUntil(demo, /deno task migrate --config (\S+)/);
    assert.match(text, /psql postgres:\/\/postgres@127\.0\.0\.1:\d+\/postgres/);
    const config = /--config (\S+)/.exec(text)?.[1] ?? "";
    assert.match(await Deno.readTextFile(config), /^database:/);
    demo.kill("SIGINT");
    assert.equal((await demo.status).code, 0);
    await demo.stderr.cancel();
    assert.deepEqual(await leftIn(temp.path), []);
  },
});

Deno.test({
  name: "deno task demo stopped while the server starts leaves nothing",
  ignore: !unix,
  async fn() {
    await using temp = await folderOf({});
    const demo = await startDemo(temp.path, []);
    await readUntil(demo, /Starting/);
    while ((await leftIn(temp.path)).length === 0) await new Promise((go) => setTimeout(go, 5));
    demo.kill("SIGINT");
    const { code } = await demo.status;
    const err = await new Response(demo.stderr).text();
    assert.equal(code, 130, err);
    assert.equal(err, "");
    assert.deepEqual(await leftIn(temp.path), []);
  },
});

Deno.test("deno task demo refuses an argument that it does not know", async () => {
  await using temp = await folderOf({});
  const run = await ended(await startDemo(temp.path, ["--kepp"]));
  assert.equal(run.code, 2);
  assert.match(run.err, /error\[usage\]: unknown argument "--kepp"/);
});

async function startDemo(temp: string, args: readonly string[]): Promise<Deno.ChildProcess> {
  // The server may run as another user, who must be able to enter.
  if (unix) await Deno.chmod(temp, 0o755);
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "scripts/demo.ts", ...args],
    env: { TMPDIR: temp },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Reads the output of a program until it has said something; the rest is not read. */
async function readUntil(child: Deno.ChildProcess, pattern: RegExp): Promise<string> {
  let text = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (!pattern.test(text)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`ended without ${pattern}: ${text}`);
    text += value;
  }
  void drain(reader);
  return text;
}

async function drain(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}

async function leftIn(folder: string): Promise<readonly string[]> {
  return await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
}
