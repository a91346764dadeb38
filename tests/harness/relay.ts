import { connect, createServer, type Socket } from "node:net";

/** A server on loopback that stands before another one. */
export interface Relay extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Cuts every connection there is. */
  cut(): void;
}

/**
 * Starts one. `serve` gets both ends of each connection and passes on what comes; when one end
 * closes, so does the other.
 */
export async function startRelay(
  target: { readonly host: string; readonly port: number },
  serve: (client: Socket, upstream: Socket) => void,
): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target);
    for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    serve(client, upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    host: "127.0.0.1",
    port: typeof address === "object" && address !== null ? address.port : 0,
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
