import { isIP, type Socket } from "node:net";
import { hostOf, portOf } from "./address.ts";
import { exchange } from "./exchange.ts";
import { AnswerReader, type HttpAnswer } from "./http_answer.ts";
import { loginOf } from "./proxy.ts";
import { dial, ready, secure } from "./socket.ts";
import type { Tls } from "./tls.ts";

/** How to reach a server. */
export interface Route {
  readonly url: URL;
  readonly socketPath?: string;
  readonly proxy?: URL | undefined;
  readonly tls: Tls;
}

/** What is asked of the server of a route. */
export interface RouteRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A proxy that would not let us through. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
}

/**
 * Sends one request to the URL of a route on a connection of its own and reads the whole answer.
 * `onSent` is called once the other side may have received something.
 *
 * @throws {ProxyError} when the proxy refuses, and what `exchange` throws. What the network or the
 * check of the certificate reports is thrown as it comes, and so is the reason of the signal.
 */
export async function askAlong(
  route: Route,
  options: {
    readonly request: RouteRequest;
    readonly signal: AbortSignal;
    readonly onSent?: () => void;
  },
): Promise<HttpAnswer> {
  const { proxy, url } = route;
  const { request: { body, headers, method }, signal } = options;
  const socket = await open(route, signal);
  options.onSent?.();
  const forwarded = proxy !== undefined && url.protocol === "http:";
  const request = {
    method,
    target: forwarded ? url.href : `${url.pathname}${url.search}`,
    headers: {
      host: url.host,
      ...headers,
      ...(forwarded ? loginHeaders(proxy) : {}),
      connection: "close",
    },
    body,
  };
  try {
    return await exchange(socket, { request, signal, use: (answer) => answer });
  } finally {
    socket.destroy();
  }
}

/** Opens a socket through the proxy if there is one, and with TLS where the URL says https. */
async function open({ proxy, socketPath, tls, url }: Route, signal: AbortSignal): Promise<Socket> {
  if (socketPath !== undefined) return await dial({ path: socketPath }, signal);
  const target = { host: hostOf(url), port: portOf(url) };
  const socket = proxy === undefined ? await dial(target, signal) : await dialProxy(proxy, signal);
  if (url.protocol === "http:") return socket;
  const { host } = target;
  if (proxy === undefined) return await ready(secure(socket, { host, tls }), signal);
  try {
    return await ready(await tunnel(socket, { proxy, target, tls, signal }), signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function dialProxy(proxy: URL, signal: AbortSignal): Promise<Socket> {
  try {
    return await dial({ host: hostOf(proxy), port: portOf(proxy) }, signal);
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ProxyError(`there is no way to the proxy ${proxy.host}`, { cause });
  }
}

/** Has a proxy connect us with the target, and begins TLS with that. */
function tunnel(
  socket: Socket,
  options: {
    readonly proxy: URL;
    readonly target: { readonly host: string; readonly port: number };
    readonly tls: Tls;
    readonly signal: AbortSignal;
  },
): Promise<Socket> {
  const { proxy, signal, target: { host, port }, tls } = options;
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  return exchange(socket, {
    request: { method: "CONNECT", target, headers: { host: target, ...loginHeaders(proxy) } },
    signal,
    reader: new AnswerReader({ withoutBody: true }),
    use: ({ status }) => {
      if (status >= 200 && status < 300) return secure(socket, { host, tls });
      throw new ProxyError(`the proxy ${proxy.host} answered ${status}`);
    },
  });
}

/** What a proxy is told about who uses it. */
function loginHeaders(proxy: URL): Record<string, string> {
  if (proxy.username === "") return {};
  const { password, user } = loginOf(proxy);
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return { "proxy-authorization": `Basic ${btoa(String.fromCharCode(...bytes))}` };
}
