import { connect, createServer, type Socket } from "node:net";

/** Which way a message of the protocol goes. */
export type Direction = "asked" | "answered";

/** What a proxy does once a message has come: it goes through, or it and all that follows do not. */
export type Verdict = "pass" | "drop" | "stall";

/** One message that came to the proxy. */
export interface Message {
  /** Which of the connections to the proxy, from 1; those that cancel a statement are not counted. */
  readonly connection: number;
  readonly direction: Direction;
  /** Which message of the connection, in both directions, from 1. */
  readonly number: number;
  /** The letter that stands at its head; none for the start-up message. */
  readonly type: string;
}

/** A proxy on loopback that looks at each message between a client and a PostgreSQL server. */
export interface Proxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Cuts all connections; new ones are cut at once, until told otherwise. */
  setDown(down: boolean): void;
}

/** Starts a proxy. `judge` is asked after each message has gone through. */
export async function startProxy(
  target: { readonly host: string; readonly port: number },
  judge: (message: Message) => Verdict = () => "pass",
): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let down = false;
  const server = createServer((client) => {
    const upstream = connect(target);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => {});
    }
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    if (down) return cut();
    client.on("close", cut);
    upstream.on("close", cut);
    let connection = 0;
    let number = 0;
    let stalled = false;
    const relay = (from: Socket, to: Socket, direction: Direction) => {
      const reader = new Messages(direction === "asked");
      from.on("data", (chunk: Uint8Array) => {
        for (const { bytes, type } of reader.read(chunk)) {
          if (stalled) return;
          to.write(bytes);
          // A request to cancel comes on a connection of its own.
          if (number === 0 && bytes.length === 16) continue;
          if (connection === 0) connection = ++connections;
          const verdict = judge({ connection, direction, number: ++number, type });
          if (verdict === "stall") stalled = true;
          // What has been written goes out first.
          if (verdict === "drop") {
            stalled = true;
            to.end();
            from.destroy();
          }
        }
      });
    };
    relay(client, upstream, "asked");
    relay(upstream, client, "answered");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    host: "127.0.0.1",
    port: typeof address === "object" && address !== null ? address.port : 0,
    setDown(value) {
      down = value;
      if (down) { for (const socket of sockets) socket.destroy(); }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Cuts a stream of bytes into messages: a letter, then the length of the rest. */
class Messages {
  #left: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** The first message of a client has no letter. */
  #bare: boolean;

  constructor(fromClient: boolean) {
    this.#bare = fromClient;
  }

  *read(chunk: Uint8Array): Iterable<{ readonly bytes: Uint8Array; readonly type: string }> {
    this.#left = new Uint8Array([...this.#left, ...chunk]);
    while (true) {
      const head = this.#bare ? 0 : 1;
      if (this.#left.length < head + 4) return;
      const length = new DataView(this.#left.buffer, this.#left.byteOffset).getInt32(head);
      if (this.#left.length < head + length) return;
      const bytes = this.#left.slice(0, head + length);
      this.#left = this.#left.slice(head + length);
      yield { bytes, type: this.#bare ? "" : String.fromCharCode(bytes[0] ?? 0) };
      this.#bare = false;
    }
  }
}
