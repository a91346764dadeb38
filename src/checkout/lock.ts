import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { MigrateError } from "../errors.ts";

/**
 * Takes the right to write a directory of migrations, for as long as the process lives. It is a lock
 * on a file in the temporary folder, which ends with the process however that ends.
 *
 * @throws {MigrateError} `checkout_busy` when another run has it.
 */
export async function lockCheckout(directory: string): Promise<AsyncDisposable> {
  const digest = createHash("sha256").update(resolve(directory)).digest("hex").slice(0, 16);
  const path = join(tmpdir(), `hotpot-genmigrate-${digest}.lock`);
  while (true) {
    const file = await Deno.open(path, { create: true, write: true, mode: 0o600 });
    if (!await file.tryLock(true)) {
      file.close();
      throw new MigrateError(
        "checkout_busy",
        `Cannot write "${directory}": another genmigrate is at work there`,
        { hint: "Wait for it to end, then run the same command again" },
      );
    }
    if (await isAt(path, file)) {
      return {
        async [Symbol.asyncDispose]() {
          // On Windows an open file cannot be removed; an empty one remains there.
          await Deno.remove(path).catch(() => {});
          file.close();
        },
      };
    }
    // The run before removed the file between our opening and our locking it.
    file.close();
  }
}

async function isAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const here = await Deno.stat(path).catch(() => undefined);
  return here !== undefined && here.ino === (await file.stat()).ino;
}
