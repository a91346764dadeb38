import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { addVersionInfo } from "../../scripts/release/version_info.ts";
import { folderForFile } from "../harness/compiled.ts";
import { toolTest } from "../harness/tools.ts";

toolTest("denort_wine", "addVersionInfo() gives the same bytes at any time", async (runtime) => {
  const folder = await folderForFile();
  const made: Uint8Array[] = [];
  for (const name of ["one", "two"]) {
    const path = join(folder, name);
    await Deno.copyFile(runtime, path);
    await addVersionInfo(path, "migrate");
    made.push(await Deno.readFile(path));
    // The times in such files are seconds.
    await new Promise((wake) => setTimeout(wake, 1_100));
  }
  const [one = new Uint8Array(), two = new Uint8Array()] = made;
  assert.ok(one.length > 1_000_000);
  assert.equal(Buffer.from(one).compare(two), 0);
});
