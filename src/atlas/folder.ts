import { join } from "node:path";
import type { Pool } from "../migrations/mod.ts";
import { OwnedFolder } from "../owned_folder.ts";

const PREFIX = "hotpot-atlas-";
const CHILD = "child.pid";

/**
 * A private folder for one Atlas run: the merged migrations with their sums, and a home for what
 * Atlas writes. It holds SQL, never a credential.
 */
export class AtlasFolder implements AsyncDisposable {
  readonly root: string;
  readonly migrations: string;
  readonly home: string;
  readonly #folder: OwnedFolder;

  private constructor(folder: OwnedFolder) {
    this.#folder = folder;
    this.root = folder.root;
    this.migrations = join(folder.root, "migrations");
    this.home = join(folder.root, "home");
  }

  /** Creates the folder, and removes those of dead runs in which no Atlas works any more. */
  static async create(): Promise<AtlasFolder> {
    const owned = await OwnedFolder.create({
      prefix: PREFIX,
      release: async (root) => !await childLives(root),
    });
    const folder = new AtlasFolder(owned);
    await Deno.mkdir(folder.migrations, { mode: 0o700 });
    await Deno.mkdir(folder.home, { mode: 0o700 });
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
    await Deno.writeTextFile(join(this.#folder.root, CHILD), String(pid), { mode: 0o600 });
  }

  /** Removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}

/**
 * The processes of Atlas that still work although the run that started them is dead: a SIGKILL of
 * ours does not reach them, except on Windows.
 */
export async function findOrphans(): Promise<readonly number[]> {
  const orphans: number[] = [];
  await using _folder = await OwnedFolder.create({
    prefix: PREFIX,
    release: async (root) => {
      const lives = await childLives(root);
      if (lives) orphans.push(Number(await Deno.readTextFile(join(root, CHILD))));
      return !lives;
    },
  });
  return orphans;
}

async function childLives(root: string): Promise<boolean> {
  const file = join(root, CHILD);
  const pid = await Deno.readTextFile(file).catch(() => undefined);
  // A child on Windows dies with its parent.
  if (pid === undefined || Deno.build.os === "windows") return false;
  if (Deno.build.os === "linux") {
    return await Deno.stat(`/proc/${pid}`).then(() => true, () => false);
  }
  // Without /proc there is no asking after a process; no run takes a day.
  const { mtime } = await Deno.stat(file);
  return mtime !== null && Date.now() - mtime.getTime() < 24 * 3_600_000;
}
