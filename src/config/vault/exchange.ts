import { Buffer } from "node:buffer";
import { Agent, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { failureOf, openSocket, proxyHeaders, type Route } from "./socket.ts";

/** One HTTP request. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One HTTP answer, whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
  readonly location: string | undefined;
  readonly retryAfter: string | undefined;
}

/** An answer that ended before its end, or had none. */
export class BrokenAnswer extends Error {
  override readonly name = "BrokenAnswer";
}

/** More than any answer of Vault that we ask for; beyond it something else answers. */
const MAX_BYTES = 1024 * 1024;

/**
 * Sends one request on a connection of its own and reads the whole answer. Follows nothing, repeats
 * nothing. `onSent` is called once the other side may have received something.
 *
 * @throws {BrokenAnswer} when the answer is cut off or too large. What the network or the check of
 * the certificate reports is thrown as it comes, and so is the reason of the signal.
 */
export async function exchange(
  route: Route,
  options: {
    readonly request: HttpRequest;
    readonly signal: AbortSignal;
    readonly onSent?: () => void;
  },
): Promise<HttpAnswer> {
  const { signal } = options;
  const socket = await openSocket(route, signal);
  options.onSent?.();
  try {
    return await talk(socket, { route, request: options.request, signal });
  } finally {
    socket.destroy();
  }
}

function talk(
  socket: Socket,
  options: { readonly route: Route; readonly request: HttpRequest; readonly signal: AbortSignal },
): Promise<HttpAnswer> {
  const { request: { body, headers, method, url }, route: { proxy }, signal } = options;
  const absolute = proxy !== undefined && url.protocol === "http:";
  const agent = new OneSocket(socket);
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason);
    if (signal.aborted) return aborted();
    signal.addEventListener("abort", aborted, { once: true });
    const settle = (act: () => void) => {
      signal.removeEventListener("abort", aborted);
      act();
    };
    let answered = false;
    const closed = () => {
      if (!answered) {
        settle(() => reject(failureOf(socket) ?? new BrokenAnswer("there is no answer")));
      }
    };
    if (socket.destroyed) return closed();
    socket.on("close", closed);
    const sent = request({
      agent,
      method,
      path: absolute ? url.href : `${url.pathname}${url.search}`,
      headers: {
        ...headers,
        host: url.host,
        connection: "close",
        ...(absolute ? proxyHeaders(proxy) : {}),
        ...(body === undefined ? {} : {
          "content-type": "application/json",
          "content-length": String(new TextEncoder().encode(body).length),
        }),
      },
    });
    sent.on("error", (error) => settle(() => reject(error)));
    sent.on("response", (answer) => {
      answered = true;
      collect(answer).then(
        (bytes) => settle(() => resolve(toAnswer(answer, bytes))),
        (error) => settle(() => reject(error)),
      );
    });
    sent.end(body);
  });
}

/** Hands out the one socket that was opened for the request. */
class OneSocket extends Agent {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super({ keepAlive: false });
    this.#socket = socket;
  }

  override createConnection(): Socket {
    return this.#socket;
  }
}

function collect(answer: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    answer.on("data", (chunk: Uint8Array) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > MAX_BYTES) {
        reject(new BrokenAnswer("the answer is larger than 1 MiB"));
        answer.destroy();
      }
    });
    answer.on("end", () => {
      if (!answer.complete) return reject(new BrokenAnswer("the answer was cut off"));
      resolve(Buffer.concat(chunks));
    });
    const cut = () => reject(new BrokenAnswer("the answer was cut off"));
    answer.on("aborted", cut).on("error", cut).on("close", cut);
  });
}

function toAnswer(answer: IncomingMessage, bytes: Uint8Array): HttpAnswer {
  return {
    status: answer.statusCode ?? 0,
    bytes,
    location: answer.headers.location,
    retryAfter: answer.headers["retry-after"],
  };
}
