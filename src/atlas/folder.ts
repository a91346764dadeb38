import { dirname, join } from "node:path";
import type { Pool } from "../migrations/mod.ts";

const PREFIX = "hotpot-atlas-";
const OWNER = "owner.lock";
const CHILD = "child.pid";

/**
 * A private folder for one Atlas run: the merged migrations with their sums, and a home for what
 * Atlas writes. It holds SQL, never a credential. The folder is locked for as long as its owner
 * lives, so that a later run can tell what a dead one left.
 */
export class AtlasFolder implements AsyncDisposable {
  readonly migrations: string;
  readonly home: string;
  readonly #root: string;
  readonly #lock: Deno.FsFile;

  private constructor(root: string, lock: Deno.FsFile) {
    this.#root = root;
    this.#lock = lock;
    this.migrations = join(root, "migrations");
    this.home = join(root, "home");
  }

  /** Creates the folder, and removes those that dead runs left beside it. */
  static async create(): Promise<AtlasFolder> {
    // Mode 0700 on Unix; on Windows the user's own temporary folder is closed to others.
    const root = await Deno.makeTempDir({ prefix: PREFIX });
    const draft = join(root, `${OWNER}.new`);
    const lock = await Deno.open(draft, { create: true, write: true, mode: 0o600 });
    await lock.lock(true);
    // Under its own name the file is never seen without its lock.
    await Deno.rename(draft, join(root, OWNER));
    const folder = new AtlasFolder(root, lock);
    await Deno.mkdir(folder.migrations, { mode: 0o700 });
    await Deno.mkdir(folder.home, { mode: 0o700 });
    await removeAbandoned(dirname(root));
    return folder;
  }

  /** Lays out all migrations of all layers, applied ones too: Atlas looks at the whole history. */
  async fill(pool: Pool): Promise<void> {
    for (const { file, text } of pool.migrations) {
      await Deno.writeTextFile(join(this.migrations, file), text, { mode: 0o600 });
    }
    await Deno.writeTextFile(join(this.migrations, "atlas.sum"), pool.sum, { mode: 0o600 });
  }

  /** Notes which process works here, so that the folder is not taken from under it. */
  async claimFor(pid: number): Promise<void> {
    await Deno.writeTextFile(join(this.#root, CHILD), String(pid), { mode: 0o600 });
  }

  /** Removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#lock.close();
    await Deno.remove(this.#root, { recursive: true });
  }
}

async function removeAbandoned(temp: string): Promise<void> {
  for await (const entry of Deno.readDir(temp)) {
    if (!entry.isDirectory || !entry.name.startsWith(PREFIX)) continue;
    const root = join(temp, entry.name);
    try {
      if (await isAbandoned(root)) await Deno.remove(root, { recursive: true });
    } catch {
      // Somebody else's, just being made, or gone already.
    }
  }
}

async function isAbandoned(root: string): Promise<boolean> {
  using lock = await Deno.open(join(root, OWNER), { write: true });
  return await lock.tryLock(true) && !await childLives(root);
}

async function childLives(root: string): Promise<boolean> {
  const file = join(root, CHILD);
  const pid = await Deno.readTextFile(file).catch(() => undefined);
  // A child on Windows dies with its parent.
  if (pid === undefined || Deno.build.os === "windows") return false;
  if (Deno.build.os === "linux") return await exists(`/proc/${pid}`);
  // Without /proc there is no asking after a process; no run takes a day.
  const { mtime } = await Deno.stat(file);
  return mtime !== null && Date.now() - mtime.getTime() < 24 * 3_600_000;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
