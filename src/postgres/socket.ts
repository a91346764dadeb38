import { connect as connectTcp, isIP, type Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { MigrateError } from "../errors.ts";
import { type Address, notPostgres } from "./connect_error.ts";

/** How a connection is protected, with every file already read. */
export interface TlsPlan {
  /** `off` never encrypts, `ask` does so if the server can, `on` refuses a server that cannot. */
  readonly mode: "off" | "ask" | "on";
  /** Whether the server's certificate must lead to a known authority, and name the host. */
  readonly verify: "nothing" | "authority" | "host";
  /** PEM texts. Without `ca` the authorities known to the system decide. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

// The eight bytes of SSLRequest: https://www.postgresql.org/docs/current/protocol-message-formats.html
const SSL_REQUEST = Uint8Array.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f);

/**
 * Opens a socket to a server and protects it as planned, so that what follows is the start-up
 * message. The driver's own negotiation is not used: it takes a refusal of TLS for a handshake,
 * checks the wrong name for IP addresses, and knows neither `verify-ca` nor `allow`.
 *
 * @throws {MigrateError} `tls_refused` when the server offers no TLS and the plan demands it,
 * `not_postgres` when it answers something else.
 * What the network or the certificate check reports is thrown as it comes; what they report later
 * goes to `onError`, as when a server refuses our certificate after the handshake (TLS 1.3).
 */
export async function openSocket(
  address: Address,
  options: {
    readonly tls: TlsPlan;
    readonly signal: AbortSignal;
    readonly onError: (error: Error) => void;
  },
): Promise<Socket> {
  const { onError, signal, tls } = options;
  const plain = connectTcp("path" in address ? { path: address.path } : address);
  // Without a listener at any moment an error would end the process.
  plain.on("error", onError);
  await settled(plain, { event: "connect", signal });
  plain.setNoDelay(true);
  // PostgreSQL has no TLS on Unix sockets.
  if (tls.mode === "off" || "path" in address) return plain;
  // Loaded before it is needed: an older runtime loses the handshake if it does not begin at once.
  const { connect: connectTls } = await import("node:tls");
  plain.write(SSL_REQUEST);
  const told = await answer(plain, signal);
  // More than one byte before the handshake is no answer, or an injection (CVE-2021-23222).
  if (told !== "S" && told !== "N") {
    plain.destroy();
    throw notPostgres(address);
  }
  if (told === "S") {
    const secured = connectTls(handshake(plain, { host: address.host, tls }));
    secured.on("error", onError);
    await settled(secured, { event: "secureConnect", signal });
    return secured;
  }
  if (tls.mode === "ask") return plain;
  plain.destroy();
  throw new MigrateError(
    "tls_refused",
    `Cannot connect to "${address.host}:${address.port}": the server does not offer TLS`,
    { hint: "Turn on ssl in the server's postgresql.conf, or set database.sslmode to disable" },
  );
}

function handshake(
  socket: Socket,
  options: { readonly host: string; readonly tls: TlsPlan },
): ConnectionOptions {
  const { host, tls } = options;
  return {
    socket,
    // The name that the certificate is checked against; for an address that is the IP entry.
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ALPNProtocols: ["postgresql"],
    minVersion: "TLSv1.2",
    rejectUnauthorized: tls.verify !== "nothing",
    ...(tls.verify === "authority" ? { checkServerIdentity: () => undefined } : {}),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
  };
}

/** Waits until a socket is ready. If it fails or the signal fires, the socket is destroyed. */
function settled(
  socket: Socket,
  options: { readonly event: "connect" | "secureConnect"; readonly signal: AbortSignal },
): Promise<void> {
  const { event, signal } = options;
  return new Promise((resolve, reject) => {
    const stop = (error: unknown) => {
      release();
      socket.destroy();
      reject(error);
    };
    const ready = () => {
      release();
      resolve();
    };
    const closed = () => stop(new Error("the connection was closed"));
    const aborted = () => stop(signal.reason);
    const release = () => {
      socket.off(event, ready).off("error", stop).off("close", closed);
      signal.removeEventListener("abort", aborted);
    };
    socket.on(event, ready).on("error", stop).on("close", closed);
    if (signal.aborted) aborted();
    else signal.addEventListener("abort", aborted);
  });
}

/** Reads what a server answers to SSLRequest: one byte. */
function answer(socket: Socket, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const stop = (error: unknown) => {
      release();
      socket.destroy();
      reject(error);
    };
    const read = (data: Uint8Array) => {
      release();
      resolve(String.fromCharCode(...data.subarray(0, 2)));
    };
    const closed = () => stop(new Error("the connection was closed"));
    const aborted = () => stop(signal.reason);
    const release = () => {
      socket.off("data", read).off("error", stop).off("close", closed);
      signal.removeEventListener("abort", aborted);
    };
    socket.on("data", read).on("error", stop).on("close", closed);
    signal.addEventListener("abort", aborted);
  });
}
