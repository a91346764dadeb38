import { request } from "node:http";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { hostOf, portOf } from "./address.ts";
import { loginOf } from "./proxy.ts";
import type { Tls } from "./tls.ts";

/** How to reach a server. */
export interface Route {
  readonly url: URL;
  readonly socketPath?: string;
  readonly proxy?: URL | undefined;
  readonly tls: Tls;
}

/** A proxy that would not let us through. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
}

/**
 * Opens a socket to the server of a URL, through the proxy if there is one, and with TLS where the
 * URL says https. What the network or the check of the certificate reports is thrown as it comes.
 */
export async function openSocket(route: Route, signal: AbortSignal): Promise<Socket> {
  const { proxy, socketPath, url } = route;
  if (socketPath !== undefined) return await dial({ path: socketPath }, signal);
  const target = { host: hostOf(url), port: portOf(url) };
  if (url.protocol === "http:") return await dial(proxy === undefined ? target : at(proxy), signal);
  const plain = proxy === undefined
    ? await dial(target, signal)
    : await tunnel(proxy, { target, signal });
  return await settled(connectTls(handshake(plain, route)), { event: "secureConnect", signal });
}

/** Why a socket that was open is so no more, if it has said so. */
export function failureOf(socket: Socket): Error | undefined {
  return failures.get(socket);
}

const failures = new WeakMap<Socket, Error>();

/** What a proxy is told about who uses it. */
export function proxyHeaders(proxy: URL): Record<string, string> {
  if (proxy.username === "") return {};
  const { password, user } = loginOf(proxy);
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return { "proxy-authorization": `Basic ${btoa(String.fromCharCode(...bytes))}` };
}

function handshake(socket: Socket, { tls, url }: Route) {
  const host = tls.serverName ?? hostOf(url);
  return {
    socket,
    // The name that the certificate is checked against; for an address that is the IP entry.
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    minVersion: "TLSv1.2" as const,
    rejectUnauthorized: tls.verify,
    ...(tls.ca === undefined ? {} : { ca: [...tls.ca] }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
  };
}

function at(proxy: URL): { readonly host: string; readonly port: number } {
  return { host: hostOf(proxy), port: portOf(proxy) };
}

async function dial(
  target: { readonly host: string; readonly port: number } | { readonly path: string },
  signal: AbortSignal,
): Promise<Socket> {
  return await settled(connectTcp(target), { event: "connect", signal });
}

function tunnel(
  proxy: URL,
  options: {
    readonly target: { readonly host: string; readonly port: number };
    readonly signal: AbortSignal;
  },
): Promise<Socket> {
  const { host, port } = options.target;
  const path = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    const asked = request({
      ...at(proxy),
      method: "CONNECT",
      path,
      headers: { host: path, ...proxyHeaders(proxy) },
      agent: false,
      signal: options.signal,
    });
    asked.on("connect", (answer, socket) => {
      if (answer.statusCode === 200) return resolve(socket as Socket);
      socket.destroy();
      reject(new ProxyError(`the proxy ${proxy.host} answered ${answer.statusCode}`));
    });
    asked.on("response", (answer) => {
      answer.destroy();
      reject(new ProxyError(`the proxy ${proxy.host} answered ${answer.statusCode}`));
    });
    asked.on("error", reject);
    asked.end();
  });
}

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
