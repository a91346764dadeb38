import assert from "node:assert/strict";
import { join } from "node:path";
import { lockCheckout } from "../../src/checkout/mod.ts";
import { MigrateError } from "../../src/errors.ts";
import { folderOf } from "../harness/atlas.ts";

Deno.test("lockCheckout() lets one in at a time, by whatever way the directory is named", async () => {
  await using folder = await folderOf({ "checkout/x": "", "other/x": "" });
  const path = join(folder.path, "checkout");
  await Deno.symlink(path, join(folder.path, "link"));
  {
    await using _lock = await lockCheckout(path);
    const names = [
      path,
      `${path}/`,
      join(folder.path, "link"),
      `${folder.path}/./other/../checkout`,
    ];
    for (const name of names) {
      assert.equal(await codeOf(lockCheckout(name)), "checkout_busy", name);
    }
    await using _other = await lockCheckout(join(folder.path, "other"));
  }
  await using _again = await lockCheckout(path);
});

Deno.test({
  name: "lockCheckout() leaves no file behind",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using temp = await folderOf({});
    await using script = await holder(`await lock[Symbol.asyncDispose]();`, temp.path);
    const { success } = await script.command({ TMPDIR: temp.path }).output();
    assert.ok(success);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(temp.path)), []);
  },
});

Deno.test("lockCheckout() never lets two in who come again and again at once", async () => {
  await using folder = await folderOf({});
  let inside = 0;
  let turns = 0;
  const visit = async () => {
    for (let tries = 0; tries < 200; tries++) {
      try {
        await using _lock = await lockCheckout(folder.path);
        assert.equal(++inside, 1);
        await new Promise((resolve) => setTimeout(resolve, 0));
        inside--;
        turns++;
      } catch (error) {
        if (!(error instanceof MigrateError)) throw error;
        assert.equal(error.code, "checkout_busy");
      }
    }
  };
  await Promise.all([visit(), visit(), visit()]);
  assert.ok(turns > 0);
});

Deno.test({
  name: "lockCheckout() is free again after the process that had it was killed",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using folder = await folderOf({});
    const waits = `await new Promise((resolve) => setTimeout(resolve, 1_000_000));`;
    await using script = await holder(waits, folder.path);
    const child = script.command({}).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    assert.equal(await codeOf(lockCheckout(folder.path)), "checkout_busy");
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    await using _lock = await lockCheckout(folder.path);
  },
});

/** A program that locks a directory, says so, and goes on as it is told. */
async function holder(then: string, directory: string) {
  const door = import.meta.resolve("../../src/checkout/mod.ts");
  const script = await folderOf({
    "hold.ts": `import { lockCheckout } from ${JSON.stringify(door)};
      const lock = await lockCheckout(${JSON.stringify(directory)});
      console.log("locked");
      ${then}`,
  });
  return {
    command: (env: Record<string, string>) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", join(script.path, "hold.ts")],
        env,
        stdout: "piped",
      }),
    [Symbol.asyncDispose]: () => script[Symbol.asyncDispose](),
  };
}

async function codeOf(locking: Promise<AsyncDisposable>): Promise<string> {
  const error = await locking.then(() => assert.fail("was let in"), (error) => error);
  if (!(error instanceof MigrateError)) throw error;
  return error.code;
}
