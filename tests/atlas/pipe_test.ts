import assert from "node:assert/strict";
import { Atlas, AtlasFolder } from "../../src/atlas/mod.ts";
import { openPipe } from "../../src/atlas/pipe.ts";
import { MigrateError } from "../../src/errors.ts";
import { redactor } from "../../src/redact.ts";
import { folderOf } from "../harness/atlas.ts";

const unix = { ignore: Deno.build.os === "windows" };
const MEGABYTE = "x".repeat(1_048_576);

/** Serves a text to a shell command and returns what that printed. */
async function serve(text: string, script: string): Promise<{ code: number; out: string }> {
  await using pipe = await openPipe(text);
  const child = new Deno.Command("sh", { args: ["-c", script], stdin: "piped", stdout: "piped" })
    .spawn();
  const out = new Response(child.stdout).text();
  await pipe.serve(child);
  return { code: (await child.status).code, out: await out };
}

Deno.test({
  name: "openPipe() hands over a megabyte",
  ...unix,
  fn: async () => assert.equal((await serve(MEGABYTE, "wc -c")).out.trim(), "1048576"),
});

Deno.test({
  name: "openPipe() minds no child that ends before it reads",
  ...unix,
  fn: async () => assert.equal((await serve(MEGABYTE, "exit 7")).code, 7),
});

Deno.test({
  name: "openPipe() minds no child that reads a part and ends",
  ...unix,
  fn: async () => assert.equal((await serve(MEGABYTE, "head -c 10; exit 8")).out, "xxxxxxxxxx"),
});

Deno.test({
  name: "openPipe() waits for a child that reads late",
  ...unix,
  fn: async () => assert.equal((await serve("late", "sleep 0.3; cat")).out, "late"),
});

Deno.test({
  name: "Atlas.run() ends a child that never reads its configuration",
  ...unix,
  fn: () => stops("exec sleep 60"),
});

Deno.test({
  name: "Atlas.run() reads a child that fills its output before it reads",
  ...unix,
  fn: async () => {
    const result = await fakeAtlas("yes | head -c 1000000; wc -c");
    assert.equal(result.code, 0);
    assert.equal(result.stdout.slice(1_000_000).trim(), "1048576");
  },
});

Deno.test({
  name: "Atlas.run() lets no secret through that comes in two pieces, cut inside a character",
  ...unix,
  fn: async () => {
    const halves = "printf 'a plant\\303'; sleep 0.2; printf '\\274ed b'";
    const { redact } = redactor(["plant\u00fced"]);
    const result = await fakeAtlas(
      `cat >/dev/null; ${halves}; { ${halves}; } >&2`,
      undefined,
      redact,
    );
    assert.equal(result.stderr, "a **** b");
    assert.equal(redact(result.stdout), "a **** b");
  },
});

/** What never ends by itself is stopped, with more configuration waiting than a pipe holds. */
async function stops(script: string): Promise<void> {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 100);
  const result = await fakeAtlas(script, stop.signal);
  assert.notEqual(result.code, 0);
}

/** Runs a shell script in the place of Atlas, for what Atlas does not do. */
async function fakeAtlas(
  script: string,
  signal = new AbortController().signal,
  redact = (text: string) => text,
) {
  await using folder = await AtlasFolder.create();
  await using files = await folderOf({ "atlas": `#!/bin/sh\n${script}\n` });
  const path = `${files.path}/atlas`;
  await Deno.chmod(path, 0o755);
  const program = { path, version: "v1.2.3", edition: "community" } as const;
  const atlas = new Atlas(program, {
    env: { PATH: Deno.env.get("PATH") ?? "" },
    signal,
    redact,
    folder,
  });
  return await atlas.run([], MEGABYTE);
}

Deno.test({
  name: "Atlas.run() says which file cannot be started",
  ...unix,
  fn: async () => {
    await using folder = await AtlasFolder.create();
    const program = {
      path: "/nonexistent/atlas",
      version: "v1.2.3",
      edition: "community",
    } as const;
    const atlas = new Atlas(program, {
      env: {},
      signal: new AbortController().signal,
      redact: (text) => text,
      folder,
    });
    await assert.rejects(
      atlas.run([], "text"),
      (error) => error instanceof MigrateError && error.code === "atlas_failed",
    );
  },
});
