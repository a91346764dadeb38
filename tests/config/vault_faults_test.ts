import assert from "node:assert/strict";
import type { Socket } from "node:net";
import fc from "fast-check";
import { followRedirect } from "../../src/config/vault/redirect.ts";
import { MigrateError } from "../../src/errors.ts";
import { folderOf } from "../harness/atlas.ts";
import { listen } from "../harness/listener.ts";
import { DATABASE, load, refusal } from "../harness/vault.ts";

const MOUNT = { data: { path: "secret/", options: { version: "2" } } };
const SECRET = { data: { data: { database: DATABASE }, metadata: { version: 1 } } };

/** What a request said. */
interface Seen {
  readonly url: string;
  readonly headers: Headers;
}

/** A server of our own for what a real one cannot be made to do. */
async function withServer(
  answer: (request: Request, count: number) => Response | Promise<Response>,
  act: (env: Record<string, string>, requests: readonly Seen[]) => Promise<void>,
): Promise<void> {
  const requests: Seen[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      requests.push({ url: request.url, headers: new Headers(request.headers) });
      return answer(request, requests.length);
    },
  );
  const VAULT_ADDR = `http://127.0.0.1:${server.addr.port}`;
  await act({ VAULT_ADDR, VAULT_TOKEN: "planted-token" }, requests);
}

/** A server that answers each connection with bytes, or leaves it open for ever. */
async function withBytes(
  serve: (socket: Socket) => void,
  act: (env: Record<string, string>) => Promise<void>,
): Promise<void> {
  await using server = await listen(serve);
  await act({
    VAULT_ADDR: server.address,
    VAULT_TOKEN: "planted-token",
    VAULT_MAX_RETRIES: "0",
  });
}

function secretServer(request: Request): Response {
  return Response.json(request.url.includes("/sys/internal/") ? MOUNT : SECRET);
}

Deno.test("Client.call() tries again after 503 twice, and sends what Vault expects", async () => {
  await withServer(
    (request, count) => count <= 2 ? new Response("busy", { status: 503 }) : secretServer(request),
    async (env, requests) => {
      await using loaded = await load({ ...env, VAULT_NAMESPACE: "team" });
      assert.equal(loaded.settings.database.host, "db.internal");
      assert.equal(requests.length, 4);
      const headers = requests[3]?.headers;
      assert.equal(headers?.get("x-vault-token"), "planted-token");
      assert.equal(headers?.get("x-vault-request"), "true");
      assert.equal(headers?.get("x-vault-namespace"), "team");
    },
  );
});

Deno.test("Client.call() gives up after VAULT_MAX_RETRIES, and at once where it is of no use", async () => {
  for (
    const [status, retries, sent, code] of [
      [500, "1", 2, "vault_failed"],
      [501, "2", 1, "vault_not_initialized"],
      [502, "0", 1, "vault_failed"],
      [412, "1", 2, "vault_failed"],
      [429, "1", 2, "vault_rate_limit"],
      [405, "1", 2, "vault_answer"],
    ] as const
  ) {
    await withServer(
      (request) =>
        request.url.endsWith("/sys/health")
          ? new Response(null, { status: 200 })
          : Response.json({ errors: ["no planted-token"] }, { status }),
      async (env, requests) => {
        const error = await refusal({ ...env, VAULT_MAX_RETRIES: retries });
        assert.equal(error.code, code, `${status}: ${error.message}`);
        const calls = requests.filter(({ url }) => !url.endsWith("/sys/health"));
        assert.equal(calls.length, status === 405 ? 3 : sent, String(status));
        const words = [error.message, error.hint, ...error.details].join();
        assert.ok(!words.includes("planted-token"), words);
      },
    );
  }
});

Deno.test("Client.call() honours Retry-After, but no longer than there is time", async () => {
  await withServer(
    (request, count) =>
      count === 1
        ? new Response(null, { status: 429, headers: { "retry-after": "0" } })
        : secretServer(request),
    async (env) => {
      await using loaded = await load(env);
      assert.equal(loaded.settings.database.host, "db.internal");
    },
  );
  await withServer(
    () => new Response(null, { status: 429, headers: { "retry-after": "3600" } }),
    async (env, requests) => {
      assert.equal((await refusal(env)).code, "vault_rate_limit");
      assert.equal(requests.filter(({ url }) => !url.endsWith("/sys/health")).length, 1);
    },
  );
});

Deno.test("Client.call() goes through a proxy and through a Unix socket", async () => {
  await withServer(secretServer, async (env, requests) => {
    for (const name of ["VAULT_HTTP_PROXY", "HTTP_PROXY", "http_proxy"]) {
      await using loaded = await load({
        ...env,
        VAULT_ADDR: "http://vault.test:8200",
        NO_PROXY: "test:8201,other.test",
        [name]: env["VAULT_ADDR"] ?? "",
      });
      assert.equal(loaded.settings.database.host, "db.internal");
      // The token travels in the clear, and that is told.
      assert.equal(loaded.warnings.length, 1);
    }
    assert.ok(requests.every(({ url }) => url.startsWith("http://vault.test:8200/v1/")));
  });
  if (Deno.build.os === "windows") return;
  await using folder = await folderOf({});
  const path = `${folder.path}/agent.sock`;
  await using _agent = Deno.serve({ path, onListen: () => {} }, secretServer);
  await using loaded = await load({ VAULT_AGENT_ADDR: `unix://${path}` });
  assert.equal(loaded.settings.database.host, "db.internal");
  assert.equal(loaded.warnings.length, 0);
});

Deno.test("followRedirect() goes to the same host only, once", async () => {
  const to = (location: string, status = 307) =>
    new Response(null, { status, headers: { location } });
  await withServer(
    (request) =>
      request.url.endsWith("?again") ? secretServer(request) : to(`${request.url}?again`),
    async (env) => {
      await using loaded = await load(env);
      assert.equal(loaded.settings.database.host, "db.internal");
    },
  );
  const elsewhere: Request[] = [];
  await using other = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (got) => {
    elsewhere.push(got);
    return Response.json(SECRET);
  });
  for (
    const response of [
      () => to(`http://127.0.0.1:${other.addr.port}/v1/x`),
      () => to(`http://localhost:${other.addr.port}/v1/x`, 301),
      () => to("/v1/round"),
      () => to("http://[", 302),
      () => to("gopher://127.0.0.1/"),
      () => new Response(null, { status: 307 }),
      () => new Response(null, { status: 304 }),
    ]
  ) {
    await withServer(response, async (env) => {
      assert.equal((await refusal(env)).code, "vault_redirect");
    });
  }
  assert.equal(elsewhere.length, 0);
});

Deno.test("Client.call() asks a standby again that cannot pass a call on, and tells what it is", async () => {
  const elsewhere = { location: "http://active.test:8200/v1/x" };
  const health = { initialized: true, sealed: false, standby: true };
  const serve = (redirects: number, standby: boolean) => {
    let left = redirects;
    return (request: Request) =>
      request.url.endsWith("/sys/health")
        ? Response.json({ ...health, standby }, { status: standby ? 429 : 200 })
        : left-- > 0
        ? new Response(null, { status: 307, headers: elsewhere })
        : secretServer(request);
  };
  await withServer(serve(2, true), async (env) => {
    await using loaded = await load(env);
    assert.equal(loaded.settings.database.host, "db.internal");
  });
  await withServer(serve(100, true), async (env) => {
    const error = await refusal({ ...env, VAULT_MAX_RETRIES: "1" });
    assert.equal(error.code, "vault_standby");
    assert.match(error.hint ?? "", /http:\/\/active\.test:8200/);
  });
  await withServer(serve(100, false), async (env, requests) => {
    assert.equal((await refusal(env)).code, "vault_redirect");
    assert.equal(requests.length, 2);
  });
});

// https://openbao.org/api-docs/system/health/: the codes of nodes that are up, in their roles
for (
  const [status, role, code] of [
    [472, { replication_dr_mode: "secondary" }, "vault_standby"],
    [473, { performance_standby: true, standby: true }, "vault_standby"],
    [429, { standby: true }, "vault_standby"],
    [501, { initialized: false }, "vault_not_initialized"],
    [503, { sealed: true }, "vault_sealed"],
    [200, {}, "vault_failed"],
  ] as const
) {
  Deno.test(`Client.call() asks a server that fails how it is: ${status} ${code}`, async () => {
    await withServer(
      ({ url }) =>
        url.endsWith("/sys/health")
          ? Response.json({ initialized: true, sealed: false, standby: false, ...role }, { status })
          : Response.json({ errors: ["no"] }, { status: 500 }),
      async (env) => {
        const error = await refusal({ ...env, VAULT_MAX_RETRIES: "0" });
        assert.equal(error.code, code, error.message);
        assert.notEqual(error.hint ?? "", "");
      },
    );
  });
}

Deno.test("followRedirect() never leaves https, and may enter it", () => {
  const answer = (location: string) => ({
    status: 307,
    bytes: new Uint8Array(),
    location,
    retryAfter: undefined,
  });
  const asked = {
    doing: "read",
    address: "https://vault:8200",
    variable: "VAULT_ADDR",
    redact: String,
  };
  const from = new URL("https://vault:8200/v1/x");
  assert.throws(
    () => followRedirect(answer("http://vault:8200/v1/x"), { from, asked }),
    (error) => error instanceof MigrateError && error.code === "vault_redirect",
  );
  const plain = new URL("http://vault/v1/x");
  assert.equal(
    followRedirect(answer("https://vault/v1/x"), { from: plain, asked })?.href,
    "https://vault/v1/x",
  );
});

Deno.test("exchange() refuses answers that are cut off, endless or silent", async () => {
  const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
  const cases: readonly (readonly [(socket: Socket) => void, string])[] = [
    [(socket) => socket.end(`${head}content-length: 500\r\n\r\n{"data":`), "vault_answer"],
    [(socket) => socket.end(`${head}transfer-encoding: chunked\r\n\r\n5\r\n{"da`), "vault_answer"],
    [(socket) => socket.end(head), "vault_unreachable"],
    [(socket) => socket.end(), "vault_unreachable"],
    [(socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n"), "vault_answer"],
    [(socket) => socket.end(`${head}content-length: 0\r\n\r\n`), "vault_answer"],
    [
      (socket) => socket.end(`${head}\r\n{"x":"${"y".repeat(5 * 1024 * 1024)}"}`),
      "vault_answer",
    ],
    [() => {}, "vault_timeout"],
    [(socket) => socket.write(`${head}content-length: 500\r\n\r\n{`), "vault_timeout"],
  ];
  for (const [serve, code] of cases) {
    await withBytes(serve, async (env) => {
      const error = await refusal({ ...env, VAULT_CLIENT_TIMEOUT: "700ms" });
      assert.equal(error.code, code, error.message);
    });
  }
});

Deno.test("Client.call() stops when it is told to, also while it waits", async () => {
  for (const status of [undefined, 503]) {
    await withBytes((socket) => {
      if (status !== undefined) socket.end(`HTTP/1.1 ${status} x\r\ncontent-length: 0\r\n\r\n`);
    }, async (env) => {
      const stop = new AbortController();
      const ended = refusal({ ...env, VAULT_MAX_RETRIES: "20" }, { signal: stop.signal });
      setTimeout(() => stop.abort("SIGINT"), 100);
      assert.equal((await ended).code, "interrupted");
    });
  }
});

Deno.test("Client.call() tries again when the connection breaks", async () => {
  let broken = 0;
  await using server = await listen((socket, sent) => {
    if (broken++ < 2) return void socket.destroy();
    const path = new TextDecoder().decode(sent).split(" ")[1] ?? "";
    socket.end(http(200, JSON.stringify(path.includes("/sys/internal/") ? MOUNT : SECRET)));
  });
  await using loaded = await load({ VAULT_ADDR: server.address, VAULT_TOKEN: "planted-token" });
  assert.equal(loaded.settings.database.host, "db.internal");
  assert.equal(broken, 4);
});

const encode = (text: string) => new TextEncoder().encode(text);
const http = (status: number, body: string) =>
  encode(`HTTP/1.1 ${status} x\r\ncontent-length: ${encode(body).length}\r\n\r\n${body}`);

/** What a Vault answers that knows everything that is asked here. */
const KNOWN: readonly (readonly [string, unknown])[] = [
  ["sys/wrapping/lookup", { data: { creation_path: "auth/approle/role/ci/secret-id" } }],
  ["sys/wrapping/unwrap", { data: { secret_id: "planted-secret-id" } }],
  [
    "auth/approle/login",
    { auth: { client_token: "planted-made-token", lease_duration: 60, renewable: true } },
  ],
  ["sys/internal/ui/mounts/", MOUNT],
  ["secret/data/", SECRET],
  ["database/creds/", {
    lease_id: "database/creds/x/1",
    lease_duration: 60,
    renewable: true,
    data: { username: "u", password: "planted-made-password" },
  }],
  ["sys/leases/revoke", {}],
  ["auth/token/revoke-self", {}],
];

/** Anything that may come: bytes, HTTP with any body, and Vault's own names with wrong things in them. */
const ANSWER = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Uint8Array.from(bytes)),
  fc.tuple(fc.constantFrom(200, 204, 301, 400, 403, 404, 503, 999), fc.json()).map(
    ([status, body]) => http(status, body),
  ),
  fc.tuple(fc.constantFrom(200, 400, 404), fc.uint8Array({ maxLength: 60 })).map(
    ([status, body]) => http(status, String.fromCharCode(...body)),
  ),
  fc.record({
    data: fc.oneof(
      fc.jsonValue(),
      fc.record({
        path: fc.jsonValue(),
        options: fc.jsonValue(),
        data: fc.oneof(fc.jsonValue(), fc.record({ database: fc.jsonValue() })),
        metadata: fc.jsonValue(),
        creation_path: fc.jsonValue(),
        secret_id: fc.jsonValue(),
        username: fc.jsonValue(),
        password: fc.jsonValue(),
      }, { requiredKeys: [] }),
    ),
    auth: fc.oneof(
      fc.jsonValue(),
      fc.record({
        client_token: fc.jsonValue(),
        lease_duration: fc.jsonValue(),
        renewable: fc.jsonValue(),
        token_type: fc.jsonValue(),
      }, { requiredKeys: [] }),
    ),
    lease_id: fc.jsonValue(),
    lease_duration: fc.jsonValue(),
    renewable: fc.jsonValue(),
    errors: fc.jsonValue(),
    warnings: fc.jsonValue(),
  }, { requiredKeys: [] }).chain((body) =>
    fc.constantFrom(200, 400, 403, 404).map((status) => http(status, JSON.stringify(body)))
  ),
);

Deno.test("loadSettings() turns any bytes from Vault, whenever they come, into settings or a MigrateError", async () => {
  let left = 0;
  let next: Uint8Array<ArrayBuffer> = new Uint8Array();
  await using server = await listen((socket, sent) => {
    const path = new TextDecoder().decode(sent).split(" ")[1]?.replace("/v1/", "") ?? "";
    const known = KNOWN.find(([start]) => path.startsWith(start));
    if (left-- === 0) socket.end(next);
    else socket.end(known === undefined ? http(404, "{}") : http(200, JSON.stringify(known[1])));
  });
  const env = {
    VAULT_ADDR: server.address,
    VAULT_AUTH_METHOD: "approle",
    VAULT_ROLE_ID: "role",
    VAULT_SECRET_ID: "planted-wrapped",
    VAULT_SECRET_ID_WRAPPING_PATH: "auth/approle/role/ci/secret-id",
    VAULT_DB_CREDS: "database/creds/x",
    VAULT_MAX_RETRIES: "0",
    VAULT_CLIENT_TIMEOUT: "5s",
  };
  const reached = new Set<number>();
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: KNOWN.length - 1 }), ANSWER, async (before, bytes) => {
      left = before;
      next = bytes;
      try {
        // What goes wrong at the end is a warning.
        await using loaded = await load(env);
        assert.equal(typeof loaded.settings.database.host, "string");
      } catch (error) {
        assert.ok(error instanceof MigrateError, String(error));
        assert.notEqual(error.code, "internal");
        const told = [error.message, error.hint, ...error.details, JSON.stringify(error.data)];
        assert.doesNotMatch(told.join(), /planted/);
      }
      if (left < 0) reached.add(before);
    }),
    { numRuns: 200 },
  );
  assert.equal(reached.size, KNOWN.length);
});
