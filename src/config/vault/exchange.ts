import type { Socket } from "node:net";
import { AnswerReader, type HttpAnswer } from "./http_answer.ts";
import { failureOf } from "./socket.ts";

/** One HTTP request. */
export interface HttpRequest {
  readonly method: string;
  /** What stands behind the method: a path, or more when a proxy is asked. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/**
 * Sends one request on an open socket, reads the whole answer, and returns what `use` makes of it.
 * Follows nothing, repeats nothing, and leaves the socket open. What talks on it behind the answer,
 * as in a tunnel, begins inside `use`, before the socket reads on.
 *
 * Not by `node:http`: whether that takes a socket that is open, and then sends through it, differs
 * from one version of the runtime to the next.
 *
 * @throws {BrokenAnswer} when the answer is cut off, too large or no HTTP. What the network reports
 * is thrown as it comes, and so is the reason of the signal.
 */
export function exchange<T>(
  socket: Socket,
  options: {
    readonly request: HttpRequest;
    readonly signal: AbortSignal;
    readonly reader?: AnswerReader;
    readonly use: (answer: HttpAnswer) => T;
  },
): Promise<T> {
  const { reader = new AnswerReader(), request, signal, use } = options;
  return new Promise((resolve, reject) => {
    const text = textOf(request);
    const release = () => {
      socket.off("data", take).off("end", end).off("close", end);
      signal.removeEventListener("abort", aborted);
    };
    const fail = (error: unknown) => {
      release();
      reject(error);
    };
    const settle = (read: () => HttpAnswer | undefined) => {
      try {
        const answer = read();
        if (answer === undefined) return;
        release();
        resolve(use(answer));
      } catch (error) {
        fail(error);
      }
    };
    const take = (piece: Uint8Array) => settle(() => reader.take(piece));
    const end = () => {
      const failure = failureOf(socket);
      if (failure !== undefined) return fail(failure);
      if (!reader.hasHead) return fail(hungUp());
      settle(() => reader.end());
    };
    const aborted = () => fail(signal.reason);
    if (signal.aborted) return aborted();
    if (socket.destroyed) return end();
    signal.addEventListener("abort", aborted);
    socket.on("data", take).on("end", end).on("close", end);
    // It was opened without reading.
    socket.resume();
    socket.write(text);
  });
}

/** What the system itself says in the same case, unless the other side took its leave politely. */
function hungUp(): Error {
  return Object.assign(new Error("there is no answer"), { code: "ECONNRESET" });
}

/** The request as it goes over the wire. */
function textOf({ body, headers, method, target }: HttpRequest): string {
  const all = {
    ...headers,
    ...(body === undefined ? {} : {
      "content-type": "application/json",
      "content-length": String(new TextEncoder().encode(body).length),
    }),
  };
  const lines = Object.entries(all).map(([name, value]) => {
    // A line end would begin another header, or another request.
    if (!/^[\x20-\x7e]*$/.test(value)) throw new TypeError(`the header "${name}" cannot be sent`);
    return `${name}: ${value}\r\n`;
  });
  return `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n${body ?? ""}`;
}
