import { createServer, type Socket } from "node:net";

/** A server on loopback that does what no real one can be made to do. */
export interface Listener extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
}

/** Starts one; `serve` is called with each connection once it has sent something, and with that. */
export async function listen(
  serve: (socket: Socket, sent: Uint8Array) => void,
): Promise<Listener> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket.on("error", () => {}));
    socket.once("data", (sent) => serve(socket, sent));
  });
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  return {
    address: `http://127.0.0.1:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
