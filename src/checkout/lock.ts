import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { MigrateError } from "../errors.ts";

/**
 * Takes the right to write a directory of migrations, for as long as the process lives. It is a lock
 * on a file in the temporary folder, which ends with the process however that ends.
 *
 * @throws {MigrateError} `checkout_busy` when another run has it, `checkout_unwritable` when the file
 * cannot be had.
 */
export async function lockCheckout(directory: string): Promise<AsyncDisposable> {
  const real = await Deno.realPath(directory).catch(() => resolve(directory));
  const digest = createHash("sha256").update(real).digest("hex").slice(0, 16);
  const path = join(tmpdir(), `hotpot-genmigrate-${digest}.lock`);
  while (true) {
    const file = await openLock(path, directory);
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

async function openLock(path: string, directory: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { create: true, write: true, mode: 0o600 });
  } catch (cause) {
    // A run by another user that was killed leaves its file.
    throw new MigrateError(
      "checkout_unwritable",
      `Cannot lock "${directory}": "${path}" cannot be opened`,
      { hint: "Remove that file, if no genmigrate of another user is at work", cause },
    );
  }
}

async function isAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const here = await Deno.stat(path).catch(() => undefined);
  return here !== undefined && here.ino === (await file.stat()).ino;
}
