import type { Socket } from "node:net";
import { Messages } from "./messages.ts";
import { startRelay } from "./relay.ts";

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
  let connections = 0;
  let down = false;
  const relay = await startRelay(target, (client, upstream) => {
    if (down) client.destroy();
    let connection = 0;
    let number = 0;
    let stalled = false;
    const pass = (from: Socket, to: Socket, direction: Direction) => {
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
    pass(client, upstream, "asked");
    pass(upstream, client, "answered");
  });
  return {
    host: relay.host,
    port: relay.port,
    setDown(value) {
      down = value;
      if (down) relay.cut();
    },
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}
