import { dirname, join } from "node:path";
import { MigrateError } from "./errors.ts";
import { outOfReach } from "./out_of_reach.ts";

const OWNER = "owner.lock";

/** How long the making of a folder may take. */
const UNFINISHED_MS = 5_000;

/** What decides over the folders that dead runs have left. */
export interface OwnedFolderOptions {
  /** The start of the folder's name; a random part follows. */
  readonly prefix: string;
  /** Where it is made, if not in the system's temporary folder. */
  readonly dir?: string | undefined;
  /**
   * Asked for a folder whose owner is dead: whether it may be removed. May end what still uses it.
   */
  readonly release: (root: string) => Promise<boolean>;
}

/**
 * A private folder (0700) for as long as its owner lives. It holds a locked file, and the lock ends
 * with the process however that ends: so the next run can tell what dead ones left, and removes it.
 */
export class OwnedFolder implements AsyncDisposable {
  readonly root: string;
  readonly #lock: Deno.FsFile;

  private constructor(root: string, lock: Deno.FsFile) {
    this.root = root;
    this.#lock = lock;
  }

  /**
   * Creates a folder, and removes abandoned ones beside it.
   *
   * @throws {MigrateError} `temporary_folder` where nothing can be created.
   */
  static async create(options: OwnedFolderOptions): Promise<OwnedFolder> {
    // On Windows the user's own temporary folder is closed to others.
    const { dir, prefix } = options;
    const place = dir === undefined ? {} : { dir };
    const root = await Deno.makeTempDir({ prefix, ...place }).catch((cause) => {
      throw new MigrateError(
        "temporary_folder",
        `Cannot create a temporary folder: ${describe(cause)}`,
        {
          hint:
            "Set TMPDIR (TEMP on Windows) to a folder that may be written; migrate can do without, with --engine embedded",
          cause,
        },
      );
    });
    const draft = join(root, `${OWNER}.new`);
    const lock = await Deno.open(draft, { create: true, write: true, mode: 0o600 });
    await lock.lock(true);
    // Under its own name the file is never seen without its lock.
    await Deno.rename(draft, join(root, OWNER));
    await removeAbandoned(dirname(root), options);
    return new OwnedFolder(root, lock);
  }

  /** Removes the folder. What cannot be removed is left to the next run. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#lock.close();
    await removePatiently(this.root);
  }
}

function describe(cause: Error): string {
  const reach = outOfReach(cause);
  return reach === undefined ? cause.message : `TMPDIR ${reach.state}`;
}

/**
 * On Windows the files of a process that has just ended stay in use for a moment, as do those that
 * a scanner for viruses looks at.
 */
async function removePatiently(root: string): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      await Deno.remove(root, { recursive: true });
      return;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function removeAbandoned(temp: string, options: OwnedFolderOptions): Promise<void> {
  for await (const entry of Deno.readDir(temp)) {
    if (!entry.isDirectory || !entry.name.startsWith(options.prefix)) continue;
    const root = join(temp, entry.name);
    try {
      using lock = await Deno.open(join(root, OWNER), { write: true });
      const dead = await lock.tryLock(true);
      if (dead && await options.release(root)) await Deno.remove(root, { recursive: true });
    } catch (error) {
      // Somebody else's, just being made, or gone already.
      if (error instanceof Deno.errors.NotFound) await removeUnfinished(root);
    }
  }
}

/** Making a folder takes milliseconds: one that is still without its lock was left by a killed run. */
async function removeUnfinished(root: string): Promise<void> {
  try {
    const { mtime } = await Deno.stat(root);
    if (mtime === null || Date.now() - mtime.getTime() < UNFINISHED_MS) return;
    await Deno.remove(root, { recursive: true });
  } catch {
    // Somebody else's, or gone already.
  }
}
