import type { Socket } from "node:net";
import type { Database } from "../database.ts";
import { type Address, notPostgres } from "./connect_error.ts";
import { findFatal } from "./server_error.ts";
import { openSocket, type TlsPlan } from "./socket.ts";

/** How long a request to cancel may take: it is sent when somebody is already waiting. */
const CANCEL_TIMEOUT_MS = 5_000;

/** The one socket of a session, and what must be known of it from outside the driver. */
export class Wire {
  readonly #address: Address;
  readonly #tls: TlsPlan;
  #socket: Socket | undefined;
  #last: Uint8Array | undefined;
  #key: { readonly pid: number; readonly secret: number } | undefined;
  #closed = false;
  #error: Error | undefined;
  #received = 0;
  #reason: string | undefined;
  readonly #ended: Promise<void>;
  #end = () => {};

  constructor(database: Database, tls: TlsPlan) {
    this.#address = database.host.startsWith("/")
      ? { path: `${database.host}/.s.PGSQL.${database.port}` }
      : { host: database.host, port: database.port };
    this.#tls = tls;
    this.#ended = new Promise((resolve) => this.#end = resolve);
  }

  /** Whether the connection is protected. */
  get encrypted(): boolean {
    return this.#socket !== undefined && "encrypted" in this.#socket;
  }

  /** Whether there was a connection and it is over. */
  get closed(): boolean {
    return this.#closed;
  }

  /** What ended the connection, if it was not the server's closing it: the driver may not hear of it. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** How many bytes have come so far. */
  get received(): number {
    return this.#received;
  }

  /** Fulfilled once the connection is over and everybody has had time to say so. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** The process that the server, or a pooler in its place, named at the start. */
  get pid(): number | undefined {
    return this.#key?.pid;
  }

  /** Why we ended the connection, if it was us. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Opens the socket, once: a driver that asks again wants to reconnect, which loses the locks. */
  async open(signal: AbortSignal): Promise<Socket> {
    if (this.#socket !== undefined || this.#closed) {
      throw new Error("the server closed the connection");
    }
    const socket = await openSocket(this.#address, {
      tls: this.#tls,
      signal,
      onError: (error) => this.#error ??= error,
    });
    // Only the kernel's keep-alive notices a peer that has vanished while nothing is sent.
    socket.setKeepAlive(true, 30_000);
    socket.on("data", (chunk: Uint8Array) => {
      if (this.#last === undefined && !isGreeting(chunk)) {
        // The driver prints what it does not know, and would wait for the rest of what it does.
        chunk.fill(0xff);
        socket.destroy(notPostgres(this.#address));
      }
      this.#last = chunk;
      this.#received += chunk.length;
    });
    // Between the two events the driver takes a query that it never answers.
    socket.on("error", () => this.#closed = true);
    socket.on("close", () => {
      this.#closed = true;
      // The driver hears of it first: it knows more.
      setTimeout(() => this.#end(), 0);
    });
    // Told that much is unsent, the driver keeps the rest back until all is answered.
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
    socket.write = (...args: unknown[]) => write(...args) || true;
    this.#socket = socket;
    return socket;
  }

  /** Keeps the key with which a statement of this session can be cancelled. */
  identify(result: { readonly state?: unknown }): void {
    const state = result.state as { pid?: unknown; secret?: unknown } | undefined;
    if (typeof state?.pid === "number" && typeof state.secret === "number") {
      this.#key = { pid: state.pid, secret: state.secret };
    }
  }

  /** The FATAL message with which the server ended the connection, if it sent one. */
  fatal(): Record<string, string> | undefined {
    return this.#last === undefined ? undefined : findFatal(this.#last);
  }

  /**
   * Asks the server to stop the running statement:
   * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
   * A request that does not get through is given up in silence: the statement then runs on, and
   * its answer is awaited like any other.
   */
  async cancel(): Promise<void> {
    if (this.#key === undefined || this.#closed) return;
    const message = new DataView(new ArrayBuffer(16));
    message.setInt32(0, 16);
    message.setInt32(4, 80877102);
    message.setInt32(8, this.#key.pid);
    message.setInt32(12, this.#key.secret);
    const signal = AbortSignal.timeout(CANCEL_TIMEOUT_MS);
    try {
      const socket = await openSocket(this.#address, {
        tls: this.#tls,
        signal,
        onError: () => {},
      });
      await new Promise<void>((resolve) => {
        socket.on("error", () => resolve()).on("close", () => resolve());
        signal.addEventListener("abort", () => resolve(), { once: true });
        socket.resume();
        socket.end(new Uint8Array(message.buffer));
      });
      socket.destroy();
    } catch {
      // See above.
    }
  }

  /** Ends a connection from which nothing is expected any more. */
  giveUp(reason: string): void {
    if (this.#closed) return;
    this.#reason = reason;
    this.destroy();
  }

  /** Drops the connection at once. */
  destroy(): void {
    this.#closed = true;
    this.#socket?.destroy();
  }
}

/** Whether bytes may be the first that PostgreSQL sends: a request to log in, an error or a notice. */
function isGreeting(bytes: Uint8Array): boolean {
  if (!"RENv".includes(String.fromCharCode(bytes[0] ?? 0))) return false;
  if (bytes.length < 5) return true;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getInt32(1);
  return length >= 8 && length <= 30_000;
}
