import { join } from "node:path";
import postgres from "postgres";
import { OwnedFolder } from "../../src/owned_folder.ts";
import { type PostgresServer, startPostgres } from "../postgres/server.ts";
import { type BenchFile, type Texts, writtenFor } from "./files.ts";
import type { Address, Tool } from "./tools.ts";

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
      return new Site(owned, await startPostgres());
    } catch (error) {
      await owned[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The release of the server, as `18.4.0`. */
  get release(): string {
    return this.#server.release;
  }

  /** Makes an empty database. */
  async createDatabase(suffix = ""): Promise<Address> {
    const dbname = `bench_${++this.#databases}${suffix}`;
    await this.query("postgres", `create database ${dbname}`);
    const { host, port, user } = this.#server;
    return { host, port, user, dbname };
  }

  /** Removes a database, so that the server has no more to do for the next one. */
  async dropDatabase({ dbname }: Address): Promise<void> {
    await this.query("postgres", `drop database ${dbname} with (force)`);
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
