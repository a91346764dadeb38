import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { bundle } from "../../scripts/compile/bundle.ts";
import { permissionFlags, programNamed } from "../../scripts/compile/programs.ts";
import { EDITORS } from "../../src/editor.ts";
import { createCheckout } from "../harness/checkout.ts";
import { folderForFile } from "../harness/compiled.ts";
import { copyTree } from "../harness/copy_tree.ts";
import { copyModule } from "../harness/go.ts";
import { textBelow } from "../harness/processes.ts";
import { makeSite } from "../harness/site.ts";
import { tools, toolTest } from "../harness/tools.ts";

const PROGRAM = programNamed("genmigrate");
const BRONZE = "create schema bronze;\ncreate table bronze.a (i int);\n";

let built: Promise<string> | undefined;

/** The program as plain JavaScript, made once for this file. */
function script(): Promise<string> {
  return built ??= folderForFile().then(async (folder) => {
    const stamp = { commit: undefined, epoch: 1_700_000_000 };
    return (await bundle(PROGRAM, { root: Deno.cwd(), folder, stamp })).entry;
  });
}

/** What stops working when a permission is taken away. */
const NEEDS: Readonly<Record<string, string>> = {
  "--allow-net": "nobody reaches the database",
  "--allow-read": "nobody reads the configuration",
  "--allow-write": "nobody writes a migration",
  "--allow-run": "nobody starts Atlas",
  "--allow-env": "CONFIG_FILE is not seen",
  "--ignore-env": "the environment cannot be read",
};

for (const [permission, what] of Object.entries(NEEDS)) {
  toolTest("atlas", `genmigrate without ${permission}: ${what}`, async () => {
    await using checkout = await createCheckout({ "bronze/0001_a.sql": BRONZE });
    await checkout.declare("bronze", `${BRONZE}create table bronze.b (i int);\n`);
    const site = await makeSite(checkout.db.name);
    const entry = await script();
    const run = (flags: readonly string[]) =>
      site.run(Deno.execPath(), [
        ...["run", "-q", "--no-config", ...flags, entry],
        ...["--schema", checkout.schema, "--out", checkout.out, "add_b"],
      ], {
        env: {
          CONFIG_FILE: site.config,
          PATH: dirname(tools.atlas ?? ""),
          TMPDIR: join(site.root, "temp"),
          HOME: join(site.root, "home"),
        },
      });
    const flags = permissionFlags(PROGRAM, "linux");
    const fewer = flags.filter((flag) => flag.split("=")[0] !== permission);
    assert.equal(fewer.length, flags.length - 1);
    const before = await textBelow(dirname(checkout.out));
    assert.notEqual((await run(fewer)).code, 0);
    assert.equal(await textBelow(dirname(checkout.out)), before);
    const allowed = await run(flags);
    assert.equal(allowed.code, 0, allowed.err);
  });
}

// Each of the programs that it may start, with a call that starts it.
const STARTS: readonly (readonly [string, readonly string[]])[] = [
  ["go", ["add_x"]],
  ["git", ["check", "--base", "main"]],
  ...EDITORS.map((editor) => [editor, ["new", "x", "--layer", "gold", "--edit"]] as const),
];

Deno.test({
  name: "genmigrate starts each program that it may start, and has a call for each",
  // They are stood in for by scripts for a Unix shell.
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const flag = PROGRAM.permissions.find((each) => each.startsWith("--allow-run="));
    const allowed = flag?.split("=")[1]?.split(",");
    assert.deepEqual(allowed, ["atlas", ...STARTS.map(([name]) => name)]);
    await using checkout = await createCheckout({ "bronze/0001_a.sql": BRONZE });
    await using module = await copyModule();
    const site = await makeSite(checkout.db.name);
    const entry = await script();
    const flags = permissionFlags(PROGRAM, "linux");
    const bin = join(site.root, "bin");
    await Deno.mkdir(bin);
    await Deno.writeTextFile(
      join(bin, "atlas"),
      '#!/bin/sh\n[ "$1" = version ] && echo "atlas community version v1.2.3"\nexit 1\n',
      { mode: 0o755 },
    );
    await Promise.all(STARTS.map(async ([name, args]) => {
      const started = join(site.root, `${name}-started`);
      const text = `#!/bin/sh\n: > '${started}'\nexit 9\n`;
      await Deno.writeTextFile(join(bin, name), text, { mode: 0o755 });
      const out = join(site.root, `${name}-migrations`);
      await copyTree(checkout.out, out);
      const run = await site.run(Deno.execPath(), [
        ...["run", "-q", "--no-config", ...flags, entry, ...args, "--out", out],
        ...(name === "go" ? ["--schema", module.path] : []),
      ], {
        env: { CONFIG_FILE: site.config, PATH: bin, TMPDIR: module.temp, EDITOR: name },
      });
      assert.notEqual(run.code, 0);
      assert.ok(await Deno.stat(started).then(() => true, () => false), `${name}: ${run.err}`);
    }));
  },
});

Deno.test("each permission of genmigrate has a test that needs it", () => {
  const named = PROGRAM.permissions.map((flag) => flag.split("=")[0]);
  assert.deepEqual(Object.keys(NEEDS), named);
});
