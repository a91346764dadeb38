import assert from "node:assert/strict";
import { join } from "node:path";
import { type Change, publish, recover } from "../../src/checkout/mod.ts";
import { MigrateError } from "../../src/errors.ts";
import { folderOf } from "../harness/atlas.ts";
import { stopAt } from "../harness/stop_at.ts";
import { treeOf } from "../harness/tree.ts";

const BEFORE = {
  "bronze/0001_a.sql": "a\n",
  "bronze/atlas.sum": "old sums\n",
  "embed.ts": "old module\n",
};
const CHANGES: readonly Change[] = [
  { path: "bronze/atlas.sum", text: "new sums\n" },
  { path: "gold/0002_b.sql", text: "b\n" },
  { path: "gold/atlas.sum", text: "" },
  { path: "bronze/0001_a.sql", text: undefined },
  { path: "embed.ts", text: "new module\n" },
];
const AFTER = {
  "bronze/atlas.sum": "new sums\n",
  "embed.ts": "new module\n",
  "gold/0002_b.sql": "b\n",
  "gold/atlas.sum": "",
};

Deno.test("publish() writes, replaces and removes, and leaves nothing else", async () => {
  await using folder = await folderOf(BEFORE);
  await publish(folder.path, CHANGES);
  assert.deepEqual(await treeOf(folder.path), AFTER);
  assert.deepEqual(await namesIn(folder.path), ["bronze", "embed.ts", "gold"]);
  await recover(folder.path);
  assert.deepEqual(await treeOf(folder.path), AFTER);
});

Deno.test("publish() makes a directory that is not there, and recover() needs none", async () => {
  await using folder = await folderOf({});
  const path = join(folder.path, "deploy/migrations");
  await recover(path);
  await publish(path, [{ path: "gold/0001_a.sql", text: "a" }]);
  assert.deepEqual(await treeOf(path), { "gold/0001_a.sql": "a" });
});

Deno.test("publish() that is killed at any moment leaves all or nothing to the next run", async () => {
  const outcomes = new Set<string>();
  for (const halfway of [false, true]) {
    for (let calls = 0;; calls++) {
      await using folder = await folderOf(BEFORE);
      const ended = await stopAt(calls, { halfway }, () => publish(folder.path, CHANGES));
      const journal = join(folder.path, ".genmigrate/journal.json");
      const counts = await Deno.stat(journal).then(() => true, () => false);
      // A second run is killed as well, in the middle of finishing the work of the first.
      for (let again = 0; counts && !halfway; again++) {
        await using copy = await folderOf({});
        await copyTree(folder.path, copy.path);
        const recovered = await stopAt(again, {}, () => recover(copy.path));
        await recover(copy.path);
        assert.equal(await outcomeOf(copy.path), "after");
        if (recovered) break;
      }
      await recover(folder.path);
      outcomes.add(await outcomeOf(folder.path));
      if (ended) break;
    }
  }
  assert.deepEqual(outcomes, new Set(["before", "after"]));
});

Deno.test("publish() counts from one moment on", async () => {
  const outcomes: string[] = [];
  for (let calls = 0;; calls++) {
    await using folder = await folderOf(BEFORE);
    const ended = await stopAt(calls, {}, () => publish(folder.path, CHANGES));
    await recover(folder.path);
    outcomes.push(await outcomeOf(folder.path));
    if (ended) break;
  }
  const turn = outcomes.indexOf("after");
  assert.ok(turn > 0 && turn < outcomes.length - 1, outcomes.join());
  assert.ok(outcomes.slice(turn).every((one) => one === "after"), outcomes.join());
});

for (
  const [what, block] of [
    ["a layer is a file", async (path: string) => {
      await Deno.writeTextFile(join(path, "gold"), "not a folder");
    }],
    ["a folder is in the place of a file", async (path: string) => {
      await Deno.mkdir(join(path, "gold/0002_b.sql/x"), { recursive: true });
      await Deno.writeTextFile(join(path, "gold/0002_b.sql/x/y"), "");
    }],
    ["a folder is in the place of the last file", async (path: string) => {
      await Deno.remove(join(path, "embed.ts"));
      await Deno.mkdir(join(path, "embed.ts/x"), { recursive: true });
    }],
  ] as const
) {
  Deno.test(`publish() changes nothing when ${what}`, async () => {
    await using folder = await folderOf(BEFORE);
    await block(folder.path);
    const before = await treeOf(folder.path);
    const names = await namesIn(folder.path);
    await refused(publish(folder.path, CHANGES));
    assert.deepEqual(await treeOf(folder.path), before);
    assert.deepEqual(await namesIn(folder.path), names);
    await recover(folder.path);
  });
}

for (const closed of [".", "gold", "bronze"]) {
  Deno.test({
    name: `publish() changes nothing when "${closed}" is not writable`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      await using folder = await folderOf({ ...BEFORE, "gold/atlas.sum": "x" });
      const before = await treeOf(folder.path);
      await Deno.chmod(join(folder.path, closed), 0o555);
      const said = await publishWithoutPrivilege(folder.path);
      await Deno.chmod(join(folder.path, closed), 0o755);
      assert.match(said, /^checkout_unwritable Cannot write .*: .*denied/);
      assert.deepEqual(await treeOf(folder.path), before);
      assert.deepEqual(await namesIn(folder.path), ["bronze", "embed.ts", "gold"]);
    },
  });
}

Deno.test({
  name: "publish() changes nothing on a disk that is full",
  ignore: !await canMount(),
  async fn() {
    await using folder = await folderOf({});
    await run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder.path);
    try {
      await Deno.mkdir(join(folder.path, "bronze"));
      for (const [name, text] of Object.entries(BEFORE)) {
        await Deno.writeTextFile(join(folder.path, name), text);
      }
      const large = { path: "gold/0003_c.sql", text: "x".repeat(100_000) };
      const error = await refused(publish(folder.path, [...CHANGES, large]));
      assert.match(error.message, /[Nn]o space left/);
      assert.deepEqual(await treeOf(folder.path), BEFORE);
      await publish(folder.path, CHANGES);
      assert.deepEqual(await treeOf(folder.path), AFTER);
    } finally {
      await run("umount", folder.path);
    }
  },
});

Deno.test("recover() follows no journal out of the directory", async () => {
  const journals = [
    { write: ["../out.txt"], remove: [] },
    { write: ["bronze/../../out.txt"], remove: [] },
    { write: [".."], remove: [] },
    { write: ["bronze/.."], remove: [] },
    { write: [], remove: [".."] },
    { write: [], remove: ["../secret.txt"] },
    { write: [], remove: ["link/secret.txt"] },
    { write: ["link/out.txt"], remove: [] },
    { write: ["bronze/.genmigrate"], remove: [] },
    { write: [7], remove: [] },
    { write: ["embed.ts"] },
    [{ to: "embed.ts", staged: "0" }],
    [null],
    "x",
    null,
  ];
  for (const journal of [...journals.map((one) => JSON.stringify(one)), "{", ""]) {
    await using outer = await folderOf({
      "secret.txt": "secret",
      "checkout/bronze/0001_a.sql": "a\n",
      "checkout/.genmigrate/out.txt": "staged",
      "checkout/bronze/.genmigrate/out.txt": "staged",
      "checkout/.genmigrate/journal.json": journal,
    });
    await Deno.symlink("..", join(outer.path, "checkout/link"));
    await recover(join(outer.path, "checkout"));
    assert.deepEqual(await treeOf(outer.path), {
      "checkout/bronze/0001_a.sql": "a\n",
      "checkout/link": "-> ..",
      "secret.txt": "secret",
    }, journal);
  }
});

Deno.test("publish() and recover() refuse a layer that is a link to somewhere else", async () => {
  const journal = JSON.stringify({ write: [], remove: ["gold/secret.txt"] });
  await using outer = await folderOf({
    "secret.txt": "secret",
    "checkout/.genmigrate/journal.json": journal,
    "checkout/silver_files/0001_a.sql": "a\n",
  });
  const checkout = join(outer.path, "checkout");
  await Deno.symlink("..", join(checkout, "gold"));
  await Deno.symlink("silver_files", join(checkout, "silver"));
  await refused(recover(checkout));
  assert.equal((await treeOf(outer.path))["secret.txt"], "secret");
  await Deno.remove(join(checkout, ".genmigrate"), { recursive: true });
  await refused(publish(checkout, [{ path: "gold/0002_b.sql", text: "b" }]));
  assert.ok(!(await namesIn(outer.path)).includes("0002_b.sql"));
  await publish(checkout, [{ path: "silver/0002_b.sql", text: "b" }]);
  assert.equal((await treeOf(outer.path))["checkout/silver_files/0002_b.sql"], "b");
});

async function outcomeOf(folder: string): Promise<string> {
  const tree = await treeOf(folder);
  const names = await namesIn(folder);
  for (
    const inner of ["", "bronze", "gold"].filter((name) => name === "" || names.includes(name))
  ) {
    const found = await namesIn(join(folder, inner));
    assert.ok(!found.includes(".genmigrate"), `a stage is still in "${inner}"`);
  }
  if (JSON.stringify(tree) === JSON.stringify(BEFORE)) return "before";
  return JSON.stringify(tree) === JSON.stringify(AFTER) ? "after" : JSON.stringify(tree);
}

async function refused(publishing: Promise<void>): Promise<MigrateError> {
  const error = await publishing.then(() => assert.fail("was published"), (error) => error);
  if (!(error instanceof MigrateError)) throw error;
  assert.equal(error.code, "checkout_unwritable");
  return error;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

async function copyTree(from: string, to: string): Promise<void> {
  await run("cp", "-a", `${from}/.`, to);
}

async function run(program: string, ...args: readonly string[]): Promise<string> {
  const { stderr, stdout, success } = await new Deno.Command(program, { args: [...args] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Publishes in another process that has only the rights of its user, also when that is root. */
async function publishWithoutPrivilege(path: string): Promise<string> {
  const door = import.meta.resolve("../../src/checkout/mod.ts");
  const source = `import { publish } from ${JSON.stringify(door)};
    try { await publish(${JSON.stringify(path)}, ${JSON.stringify(CHANGES)}); }
    catch (error) { console.log(error.code, error.message); }`;
  await using script = await folderOf({ "publish.ts": source });
  const deno = [Deno.execPath(), "run", "-A", "--no-check", join(script.path, "publish.ts")];
  return await run("setpriv", "--bounding-set=-all", "--inh-caps=-all", ...deno);
}

async function canMount(): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  await using folder = await folderOf({});
  try {
    await run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder.path);
  } catch {
    // Not in every container.
    return false;
  }
  await run("umount", folder.path);
  return true;
}
