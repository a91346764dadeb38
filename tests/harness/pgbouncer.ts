import { connect, createServer } from "node:net";
import { join } from "node:path";
import { server } from "./postgres.ts";
import { tools } from "./tools.ts";

/** A PgBouncer before the test server. */
export interface Pooler extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

/** Starts PgBouncer with a pool mode, and settings that go at the end of its section. */
export async function startPgBouncer(
  mode: "session" | "transaction" | "statement",
  settings: readonly string[] = [],
): Promise<Pooler> {
  const { host, port: upstream } = server();
  const folder = await Deno.makeTempDir({ prefix: "hotpot-test-" });
  const port = await freePort();
  const file = join(folder, "pgbouncer.ini");
  await Deno.writeTextFile(
    file,
    [
      "[databases]",
      `* = host=${host} port=${upstream} user=postgres`,
      "[pgbouncer]",
      "listen_addr = 127.0.0.1",
      `listen_port = ${port}`,
      "unix_socket_dir =",
      "auth_type = any",
      `pool_mode = ${mode}`,
      ...settings,
      "",
    ].join("\n"),
  );
  // It refuses to be run by root.
  const nobody = Deno.uid() === 0 ? { uid: 65534, gid: 65534 } : {};
  await Deno.chmod(folder, 0o755);
  const child = new Deno.Command(tools.pgbouncer ?? "", {
    args: ["-q", file],
    stdin: "null",
    stdout: "null",
    stderr: "null",
    ...nobody,
  }).spawn();
  for (let tries = 0; !await answers(port) && tries < 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    host: "127.0.0.1",
    port,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    }).on("error", () => resolve(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
