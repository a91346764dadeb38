import assert from "node:assert/strict";
import { lookAtEngine } from "../../../src/commands/doctor/engine.ts";
import { fakeAtlas } from "../../harness/doctor.ts";

Deno.test("lookAtEngine() ends although Atlas never answers", async () => {
  await using atlas = await fakeAtlas("#!/bin/sh\nexec sleep 600\n");
  const { signal } = new AbortController();
  const env = { PATH: `${atlas.path}:/usr/bin:/bin` };
  const look = await lookAtEngine("auto", { env, signal, timeoutMs: 200 });
  assert.deepEqual([look.state, look.code], ["fault", "atlas_failed"]);
  assert.equal(look.text, "the atlas on the PATH is silent for 0.2 s");
});
