import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Tls } from "./tls.ts";

/** Where a socket leads to: a port of a host, or a Unix socket. */
export type Target =
  | { readonly host: string; readonly port: number }
  | { readonly path: string };

/**
 * Opens a socket that does not read yet: bytes that it takes before TLS begins may be missing there.
 * What the network reports is thrown as it comes, and so is the reason of the signal.
 */
export async function dial(target: Target, signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp(target);
  socket.pause();
  return await settled(socket, { event: "connect", signal });
}

/**
 * Begins TLS on an open socket, where the certificate must hold the name that was set, or the host.
 * `ready()` waits for its end.
 */
export function secure(
  socket: Socket,
  options: { readonly host: string; readonly tls: Tls },
): TLSSocket {
  const { tls } = options;
  const host = tls.serverName ?? options.host;
  return connectTls({
    socket,
    // The name that the certificate is checked against; for an address that is the IP entry.
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    minVersion: "TLSv1.2",
    rejectUnauthorized: tls.verify,
    ...(tls.ca === undefined ? {} : { ca: [...tls.ca] }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
  });
}

/** Waits until TLS is there. What the network or the check of the certificate reports is thrown. */
export function ready(socket: Socket, signal: AbortSignal): Promise<Socket> {
  return settled(socket, { event: "secureConnect", signal });
}

/** Why a socket that was open is so no more, if it has said so. */
export function failureOf(socket: Socket): Error | undefined {
  return failures.get(socket);
}

const failures = new WeakMap<Socket, Error>();

/** Waits until a socket is ready. If it fails or the signal fires, the socket is destroyed. */
function settled<S extends Socket>(
  socket: S,
  options: { readonly event: "connect" | "secureConnect"; readonly signal: AbortSignal },
): Promise<S> {
  const { event, signal } = options;
  return new Promise((resolve, reject) => {
    const stop = (error: unknown) => {
      release();
      // A destroyed socket may still report what it was doing; nobody is left to hear it.
      socket.on("error", () => {});
      socket.destroy();
      reject(error);
    };
    const ready = () => {
      release();
      // A server that wants a certificate says so after the handshake, when nobody may be listening.
      socket.on("error", (error) => failures.set(socket, error));
      resolve(socket);
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
