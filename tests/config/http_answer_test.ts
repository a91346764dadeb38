import assert from "node:assert/strict";
import fc from "fast-check";
import { AnswerReader, BrokenAnswer, NotHttp } from "../../src/config/vault/http_answer.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

/** Reads pieces, and then the end of the connection if the answer is not whole before. */
function read(pieces: readonly Uint8Array[]) {
  const reader = new AnswerReader();
  for (const piece of pieces) {
    const answer = reader.take(piece);
    if (answer !== undefined) return answer;
  }
  return reader.end();
}

const readText = (text: string) => read([encode(text)]);

/** How a body can be told from what follows it: three ways to write the same answer. */
const FRAMES: readonly ((body: Uint8Array, cuts: readonly number[]) => Uint8Array)[] = [
  (body) => join([encode(`content-length: ${body.length}\r\n\r\n`), body]),
  (body) => join([encode("\r\n"), body]),
  (body, cuts) => {
    const chunks = split(body, cuts).filter(({ length }) => length > 0);
    return join([
      encode("Transfer-Encoding: Chunked\r\n\r\n"),
      ...chunks.flatMap((chunk) => [
        encode(`${chunk.length.toString(16)};name="value"\r\n`),
        chunk,
        encode("\r\n"),
      ]),
      encode("0\r\nexpires: never\r\n\r\n"),
    ]);
  },
];

Deno.test("AnswerReader.take() reads the same answer, however it is framed and cut", () => {
  const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 12 });
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(...FRAMES),
      cuts,
      cuts,
      (body, frame, chunks, pieces) => {
        const head = encode("HTTP/1.1 200 OK\r\nLocation:  /x \r\nretry-after:3\r\n");
        const whole = join([encode("HTTP/1.1 103\r\n\r\n"), head, frame(body, chunks)]);
        const answer = read(split(whole, pieces));
        assert.deepEqual(Uint8Array.from(answer.bytes), Uint8Array.from(body));
        assert.equal(answer.status, 200);
        assert.equal(answer.location, "/x");
        assert.equal(answer.retryAfter, "3");
      },
    ),
  );
});

Deno.test("AnswerReader.end() calls every answer cut off that has told its length", () => {
  for (
    const whole of [
      "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nx: y\r\n\r\n",
    ]
  ) {
    assert.equal(decode(readText(whole).bytes), "body");
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => readText(whole.slice(0, length)), BrokenAnswer, whole.slice(0, length));
    }
  }
});

Deno.test("AnswerReader.take() knows answers that have no body, and drops what follows", () => {
  for (const status of [204, 304]) {
    const reader = new AnswerReader();
    const text = `HTTP/1.1 ${status} x\r\ncontent-length: 7\r\n\r\n`;
    assert.equal(reader.take(encode(text))?.bytes.length, 0);
  }
  const tunnel = new AnswerReader({ withoutBody: true });
  assert.equal(tunnel.take(encode("HTTP/1.0 200 ok\r\n\r"))?.status, undefined);
  assert.equal(tunnel.take(encode("\nnext"))?.bytes.length, 0);
  const answer = readText(
    "HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nokHTTP/1.1 500 no\r\n\r\n",
  );
  assert.equal(decode(answer.bytes), "ok");
});

Deno.test("AnswerReader.take() refuses what can be read in two ways, and what is no HTTP", () => {
  const head = "HTTP/1.1 200 OK\r\n";
  for (
    const text of [
      "SSH-2.0",
      "\r\n",
      "HTTP/2.0 200 OK\r\n\r\n",
      "HTTP/1.1 099 low\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 200 OK\n\n",
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
      `${head}no colon\r\n\r\n`,
      `${head}a: b\r\n goes on\r\n\r\n`,
      `${head}a : b\r\n\r\n`,
      `${head}a: b\rc\r\n\r\n`,
      `${head}content-length: 1\r\ncontent-length: 2\r\n\r\nab`,
      `${head}content-length: -1\r\n\r\n`,
      `${head}content-length: 0x1\r\n\r\n`,
      `${head}content-length: 1e3\r\n\r\n`,
      `${head}content-length:\r\n\r\n`,
      `${head}transfer-encoding: gzip, chunked\r\n\r\n`,
      `${head}transfer-encoding: chunked\r\ncontent-length: 1\r\n\r\n`,
      `${head}transfer-encoding: chunked\r\n\r\nxyz\r\n`,
      `${head}transfer-encoding: chunked\r\n\r\n\r\n`,
      `${head}transfer-encoding: chunked\r\n\r\n1\r\nab\r\n`,
      `${head}transfer-encoding: chunked\r\n\r\n${"1".repeat(2000)}`,
    ]
  ) {
    assert.throws(() => new AnswerReader().take(encode(text)), NotHttp, JSON.stringify(text));
  }
});

Deno.test("AnswerReader.take() has a limit for every part", () => {
  const head = "HTTP/1.1 200 OK\r\n";
  const megabyte = "x".repeat(1024 * 1024);
  for (
    const text of [
      `${head}content-length: 1048577\r\n\r\n`,
      `${head}transfer-encoding: chunked\r\n\r\n100001\r\n`,
      `${head}\r\n${megabyte}x`,
      `${head}a: ${megabyte}`,
      `${head}${"a: b\r\n".repeat(20_000)}`,
      "HTTP/1.1 100 Continue\r\n\r\n".repeat(10_000),
      `${head}transfer-encoding: chunked\r\n\r\n0\r\n${"a: b\r\n".repeat(20_000)}`,
    ]
  ) {
    assert.throws(() => readText(text), /larger than 1 MiB/, text.slice(0, 60));
  }
  assert.equal(readText(`${head}\r\n${megabyte}`).bytes.length, megabyte.length);
});

Deno.test("AnswerReader.take() makes an answer or a BrokenAnswer of any bytes", () => {
  const line = fc.constantFrom(
    ...["HTTP/1.1 200 OK", "content-length: 3", "transfer-encoding: chunked", "", "3", "0", "abc"],
  );
  const text = fc.array(fc.oneof(line, fc.string({ unit: "binary", maxLength: 8 })), {
    maxLength: 12,
  }).map((lines) => lines.join("\r\n"));
  fc.assert(fc.property(fc.oneof(text.map(encode), fc.uint8Array()), (bytes) => {
    try {
      const { status } = read([bytes]);
      assert.ok(status >= 200 && status <= 999);
    } catch (error) {
      assert.ok(error instanceof BrokenAnswer, String(error));
    }
  }));
});

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function split(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const places = [0, ...cuts.filter((cut) => cut <= bytes.length).toSorted((a, b) => a - b)];
  return places.map((place, index) => bytes.subarray(place, places[index + 1] ?? bytes.length));
}
