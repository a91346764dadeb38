import assert from "node:assert/strict";
import { join } from "node:path";
import { programNamed } from "../../scripts/compile/programs.ts";
import { compileForTests, folderForFile } from "../harness/compiled.ts";
import { UNIX } from "../harness/machine.ts";
import { createDatabase } from "../harness/postgres.ts";
import { configText } from "../harness/site.ts";
import { toolTest } from "../harness/tools.ts";

const RECIPE = "deploy/container/Containerfile";

/** What the base of the recipe has of libraries: glibc's own, and those of the compiler. */
const IN_BASE = /^(?:lib(?:c|m|dl|rt|pthread|gcc_s|stdc\+\+)\.so|ld-linux)/;

const mayMount = Deno.build.os === "linux" && Deno.uid() === 0 &&
  await new Deno.Command("/usr/bin/unshare", { args: ["-m", "/bin/true"] }).output()
    .then(({ success }) => success, () => false);

toolTest(
  ["buildah", "compiled"],
  `the image of the recipe migrates, read-only and not as root${
    mayMount ? "" : " [needs the right to mount]"
  }`,
  async (buildah) => {
    const folder = await folderForFile();
    const context = join(folder, "context");
    await Deno.mkdir(context);
    const { runtime, target } = UNIX;
    const program = await compileForTests(programNamed("migrate"), { target, runtime });
    await Deno.copyFile(program, join(context, "migrate"));
    const storage = ["--root", "root", "--runroot", "run"].map((word) =>
      word.startsWith("--") ? word : join(folder, word)
    );
    const build = (...args: readonly string[]) =>
      command([buildah, ...storage, "--storage-driver", "vfs", ...args]);
    // Its base is in a registry; what the program needs of it is put in afterwards.
    const image = "localhost/hotpot-migrate";
    const from = ["--isolation", "chroot", "--from", "scratch"];
    await build("bud", ...from, "-t", image, "-f", RECIPE, context);
    const { OCIv1: { config } } = JSON.parse(await build("inspect", "--type", "image", image));
    assert.equal(config.User, "65532:65532");
    const container = (await build("from", image)).trim();
    const root = (await build("mount", container)).trim();
    try {
      await addLibraries(program, root);
      // Every container has it.
      await Deno.mkdir(join(root, "proc"));
      await using db = await createDatabase();
      await Deno.writeTextFile(join(root, "config.yaml"), configText(db.name), { mode: 0o444 });
      const told = await command([
        ...["/usr/bin/unshare", "-m", "/bin/sh", "-c"],
        'mount --bind "$0" "$0" && mount --rbind /proc "$0/proc" && mount -o remount,ro,bind "$0" && exec "$@"',
        root,
        ...["/usr/bin/env", "-i", ...config.Env],
        ...["/usr/sbin/chroot", `--userspec=${config.User}`, root],
        ...[...config.Entrypoint, ...config.Cmd],
      ]);
      assert.match(told, /^Applied 14 migrations/m);
      assert.equal((await db.sql("select 1 from pg_namespace where nspname = 'gold'")).length, 1);
    } finally {
      await build("umount", container);
    }
  },
  { ignore: !mayMount },
);

/** Copies what the program is linked with, all of which the base must have. */
async function addLibraries(program: string, root: string): Promise<void> {
  const list = await command(["/usr/bin/ldd", program]);
  const libraries = [...list.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
  assert.ok(libraries.length > 2, list);
  for (const path of libraries) {
    const name = path.split("/").at(-1) ?? "";
    assert.match(name, IN_BASE);
    await Deno.mkdir(join(root, path, ".."), { recursive: true });
    await Deno.copyFile(path, join(root, path));
  }
}

async function command([program = "", ...args]: readonly string[]): Promise<string> {
  const { code, stderr, stdout } = await new Deno.Command(program, { args, stdin: "null" })
    .output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
