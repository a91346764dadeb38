import { Buffer } from "node:buffer";
import crypto, { type X509Certificate } from "node:crypto";
import dns from "node:dns/promises";
import type { TLSSocket } from "node:tls";
import type { Address } from "./connect_error.ts";
import { openSocket, type TlsPlan } from "./socket.ts";

/** What ends a try. */
interface TryOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * The addresses of a host name, as the system's resolver tells them. What it reports is thrown as
 * it comes; a time-out as a `TimeoutError`.
 */
export async function addressesOf(host: string, options: TryOptions): Promise<readonly string[]> {
  // A lookup cannot be stopped; it ends later, unheard.
  const found = await Promise.race([dns.lookup(host, { all: true }), over(limitOf(options))]);
  return found.map(({ address }) => address);
}

/** Opens a connection and closes it. What the network reports is thrown as it comes. */
export async function reach(address: Address, options: TryOptions): Promise<void> {
  const tls: TlsPlan = { mode: "off", verify: "nothing" };
  const socket = await openSocket(address, { tls, signal: limitOf(options), onError: () => {} });
  socket.destroy();
}

/** What came of a handshake. */
export interface Handshake {
  /** `TLSv1.3`; nothing where the connection is not encrypted. */
  readonly protocol: string | undefined;
  readonly certificate: X509Certificate | undefined;
}

/**
 * Protects a connection as planned, looks at the server's certificate, and closes the connection
 * before anybody logs in.
 *
 * @throws what `openSocket` throws.
 */
export async function shakeHands(
  address: Address,
  options: TryOptions & { readonly tls: TlsPlan },
): Promise<Handshake> {
  const { tls } = options;
  const socket = await openSocket(address, { tls, signal: limitOf(options), onError: () => {} });
  try {
    if (!("encrypted" in socket)) return { protocol: undefined, certificate: undefined };
    // An older runtime does not tell the protocol.
    const secured = socket as Omit<TLSSocket, "getProtocol"> & Partial<TLSSocket>;
    const peer: { readonly raw?: Uint8Array } | null = secured.getPeerCertificate();
    // There it tells as the end of a handshake, too, that the certificate was refused.
    if (peer === null) throw new Error("UNABLE_TO_VERIFY: the certificate was refused");
    return {
      protocol: secured.getProtocol?.() ?? "TLS",
      certificate: peer.raw === undefined
        ? undefined
        : new crypto.X509Certificate(Buffer.from(peer.raw)),
    };
  } finally {
    socket.destroy();
  }
}

function limitOf({ signal, timeoutMs }: TryOptions): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
}

function over(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
