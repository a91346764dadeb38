import assert from "node:assert/strict";
import { join } from "node:path";
import { openReport } from "../src/report_file.ts";

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "hotpot-test-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function names(folder: string): readonly string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();
}

Deno.test("openReport() writes a file whole, and nothing before", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "report.xml");
    const report = await openReport(path);
    assert.deepEqual(names(folder), []);
    await report.write("one");
    await report.write("two");
    assert.equal(await Deno.readTextFile(path), "two");
    assert.deepEqual(names(folder), ["report.xml"]);
  });
});

Deno.test("openReport() refuses what cannot be written, before anything is done", async () => {
  await inFolder(async (folder) => {
    const blocked = join(folder, "file");
    await Deno.writeTextFile(blocked, "");
    for (const path of ["", folder, join(folder, "no", "r.xml"), join(blocked, "r.xml")]) {
      await assert.rejects(openReport(path), { code: "report_unwritable" }, path);
    }
    assert.deepEqual(names(folder), ["file"]);
  });
});

Deno.test({
  name: "openReport() leaves links, and writes to pipes and devices as they are",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const real = join(folder, "real");
      await Deno.writeTextFile(real, "old");
      await Deno.symlink(real, join(folder, "link"));
      await (await openReport(join(folder, "link"))).write("new");
      assert.equal(await Deno.readTextFile(real), "new");
      assert.ok((await Deno.lstat(join(folder, "link"))).isSymlink);
      await (await openReport("/dev/null")).write("x");
      assert.ok((await Deno.stat("/dev/null")).isCharDevice);
    }),
});

Deno.test({
  name: "openReport() keeps the old text when the disk is full",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const report = await openReport("/dev/full");
    await assert.rejects(report.write("x"), { code: "report_unwritable" });
  },
});
