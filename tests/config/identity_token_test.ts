import assert from "node:assert/strict";
import type { Socket } from "node:net";
import fc from "fast-check";
import { requestIdentityToken } from "../../src/config/vault/identity_token.ts";
import { MigrateError } from "../../src/errors.ts";
import { listen, type Listener } from "../harness/listener.ts";
import { refusalOf } from "../harness/settings.ts";

const TOKEN = "planted-request-token";

/** Asks a server, with an audience. */
function ask({ address }: Pick<Listener, "address">, signal = new AbortController().signal) {
  const request = { url: `${address}/x?api-version=2`, token: TOKEN, audience: "hotpot" };
  return requestIdentityToken(request, signal);
}

/** A server that answers with a status, headers and a body; and how often it was asked. */
async function answering(status: number, body: string, headers = "") {
  let asked = 0;
  const server = await listen((socket) => {
    asked++;
    socket.end(
      `HTTP/1.1 ${status} x\r\n${headers}connection: close\r\ncontent-length: ${
        new TextEncoder().encode(body).length
      }\r\n\r\n${body}`,
    );
  });
  return { server, asked: () => asked };
}

const REFUSED: readonly (readonly [number, string, number])[] = [
  [401, `{"message":"no ${TOKEN}"}`, 1],
  [404, "", 1],
  [200, "{}", 1],
  [200, '{"value":""}', 1],
  [200, '{"value":5}', 1],
  [200, "<html>", 1],
  [200, JSON.stringify({ value: "x".repeat(5 * 1024 * 1024) }), 1],
  [302, "", 1],
  [503, "busy", 3],
  [429, "busy", 3],
];

for (const [status, body, times] of REFUSED) {
  const name = `HTTP ${status} with ${body.slice(0, 20)}`;
  Deno.test(`requestIdentityToken() refuses ${name}`, async () => {
    const elsewhere = await answering(200, '{"value":"stolen"}');
    await using other = elsewhere.server;
    const { asked, server } = await answering(status, body, `location: ${other.address}/x\r\n`);
    await using _ = server;
    const error = await refusalOf(ask(server), "identity_token");
    assert.match(error.message, new RegExp(`HTTP ${status} without a token`));
    assert.doesNotMatch(error.message, /planted/);
    assert.equal(asked(), times);
    // The token is for one address alone.
    assert.equal(elsewhere.asked(), 0);
  });
}

Deno.test("requestIdentityToken() says that nobody answers", async () => {
  const error = await refusalOf(ask({ address: "http://127.0.0.1:1" }), "identity_token");
  assert.match(error.message, /no answer/);
  await refusalOf(ask({ address: "no address" }), "identity_token");
});

Deno.test("requestIdentityToken() stops when it is told to", async () => {
  const waiting = Promise.withResolvers<void>();
  await using silent = await listen(() => waiting.resolve());
  const stop = new AbortController();
  const asking = ask(silent, stop.signal);
  asking.catch(() => {});
  await waiting.promise;
  stop.abort("SIGINT");
  await refusalOf(asking, "interrupted");
});

Deno.test("requestIdentityToken() turns any bytes into a token or a MigrateError", async () => {
  let next: Uint8Array = new Uint8Array();
  await using server = await listen((socket: Socket) => socket.end(next));
  const encode = (text: string) => new TextEncoder().encode(text);
  const any = fc.oneof(
    // Such are asked for again, which takes its time.
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) },
    {
      weight: 20,
      arbitrary: fc.oneof(fc.json(), fc.record({ value: fc.jsonValue() }).map(JSON.stringify)).map(
        (body) =>
          encode(
            `HTTP/1.1 200 x\r\nconnection: close\r\ncontent-length: ${
              encode(body).length
            }\r\n\r\n${body}`,
          ),
      ),
    },
  );
  await fc.assert(
    fc.asyncProperty(any, async (bytes) => {
      next = bytes;
      try {
        assert.equal(typeof await ask(server), "string");
      } catch (error) {
        assert.ok(error instanceof MigrateError && error.code === "identity_token", String(error));
      }
    }),
    { numRuns: 60 },
  );
});
