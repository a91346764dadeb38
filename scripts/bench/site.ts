import { join } from "node:path";
import postgres from "postgres";
import { OwnedFolder } from "../../src/owned_folder.ts";
import { type PostgresServer, startPostgres } from "../postgres/server.ts";
import { type BenchFile, type Texts, writtenFor } from "./files.ts";
import type { Address, Tool } from "./tools.ts";

const MEMORY = "/dev/shm";

/** What a server does when nobody asks it would be counted as the work of whoever is measured then. */
const QUIET: readonly string[] = ["autovacuum = off"];

/**
 * A file system in memory, where there is one. On a disk the time that a new file takes hangs on
 * which were removed a minute ago: ext4 (`recently_deleted` in its `ialloc.c`) makes all of a
 * database up to four times as slow, and the next one not.
 */
async function memory(): Promise<string | undefined> {
  const found = await Deno.stat(MEMORY).then(({ isDirectory }) => isDirectory, () => false);
  return found ? MEMORY : undefined;
}

/** Where everything is measured: a throwaway server and a folder, both gone afterwards. */
export class Site implements AsyncDisposable {
  readonly folder: string;
  readonly #owned: OwnedFolder;
  readonly #server: PostgresServer;
  readonly #folders = new Map<string, Promise<string>>();
  #databases = 0;

  private constructor(owned: OwnedFolder, server: PostgresServer) {
    this.#owned = owned;
    this.#server = server;
    this.folder = owned.root;
  }

  /** Starts the server and makes the folder. */
  static async create(): Promise<Site> {
    const owned = await OwnedFolder.create({
      prefix: "hotpot-bench-",
      release: () => Promise.resolve(true),
    });
    try {
      return new Site(owned, await startPostgres({ dir: await memory(), settings: QUIET }));
    } catch (error) {
      await owned[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What the server is, for those who read the numbers. */
  get about(): string {
    const { release, socket } = this.#server;
    const place = socket.startsWith(MEMORY) ? ", its files in memory" : "";
    return `PostgreSQL ${release} on the same machine, with fsync off${place}`;
  }

  /** Makes an empty database, which is gone with the server: to remove thousands of files takes time. */
  async createDatabase(suffix = ""): Promise<Address> {
    const dbname = `bench_${++this.#databases}${suffix}`;
    await this.query("postgres", `create database ${dbname}`);
    const { host, port, user } = this.#server;
    return { host, port, user, dbname };
  }

  /** Asks the server itself, not over the long way. */
  async query(database: string, text: string): Promise<readonly Record<string, unknown>[]> {
    const { host, port, user } = this.#server;
    const sql = postgres({ host, port, user, database, max: 1, onnotice: () => {} });
    try {
      return await sql.unsafe(text);
    } finally {
      await sql.end({ timeout: 5 });
    }
  }

  /** The folder with the files for a tool, written once. */
  async filesFor({ format, name }: Tool, files: readonly BenchFile[]): Promise<string> {
    const key = `${name}-${files.length}`;
    const found = this.#folders.get(key) ?? this.write(key, writtenFor(format, files));
    this.#folders.set(key, found);
    return await found;
  }

  /** Writes texts into a new folder. */
  async write(name: string, texts: Texts): Promise<string> {
    const folder = join(this.folder, name);
    await Deno.mkdir(folder, { recursive: true });
    for (const [file, text] of texts) await Deno.writeTextFile(join(folder, file), text);
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#owned[Symbol.asyncDispose]();
  }
}
