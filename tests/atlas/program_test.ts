import assert from "node:assert/strict";
import { findAtlas } from "../../src/atlas/program.ts";
import { fakeAtlas } from "../harness/doctor.ts";

Deno.test({
  name: "findAtlas() does not take an Atlas that a Ctrl-C has ended for one that is missing",
  ignore: Deno.build.os === "windows",
  async fn() {
    for (const signal of ["INT", "TERM", "HUP"]) {
      await using atlas = await fakeAtlas(`#!/bin/sh\nkill -${signal} $$\nsleep 5\n`);
      await assert.rejects(findAtlas({ PATH: `${atlas.path}:/usr/bin:/bin` }), {
        code: "interrupted",
      });
    }
    await using atlas = await fakeAtlas("#!/bin/sh\nexit 1\n");
    assert.equal(await findAtlas({ PATH: atlas.path }), undefined);
  },
});
