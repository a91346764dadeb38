import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { folderOf } from "../harness/atlas.ts";
import { toolTest } from "../harness/tools.ts";
import { DATABASE, load, refusal, startVault } from "../harness/vault.ts";

const TLS = `${Deno.cwd()}/tests/testdata/vault_tls`;
const pem = (name: string) => Deno.readTextFile(`${TLS}/${name}.pem`);

toolTest("bao", "Vault: TLS, with certificates of both sides", async (program) => {
  await using vault = await startVault(program, {
    tls: {
      cert: `${TLS}/server.pem`,
      key: `${TLS}/server.key`,
      clientCa: `${TLS}/authority.pem`,
    },
  });
  await vault.api("POST", "secret/data/hotpot/config", { body: { data: { database: DATABASE } } });
  await using own = await folderOf({ "client.key": await Deno.readTextFile(`${TLS}/client.key`) });
  const key = `${own.path}/client.key`;
  await Deno.chmod(key, 0o600);
  const trusted = {
    VAULT_ADDR: vault.tlsAddress ?? "",
    VAULT_TOKEN: vault.rootToken,
    VAULT_CLIENT_CERT: `${TLS}/client.pem`,
    VAULT_CLIENT_KEY: key,
  };
  const authority = { VAULT_CACERT: `${TLS}/authority.pem` };
  for (
    const way of [
      authority,
      { VAULT_CACERT_BYTES: await pem("authority") },
      { VAULT_CAPATH: TLS },
      { ...authority, VAULT_TLS_SERVER_NAME: "vault.test" },
      { SSL_CERT_FILE: `${TLS}/authority.pem` },
      { VAULT_SKIP_VERIFY: "true" },
      // a file goes before a text, and that before a folder
      { ...authority, VAULT_CACERT_BYTES: await pem("stranger"), VAULT_CAPATH: "/nonexistent" },
    ]
  ) {
    await using loaded = await load({ ...trusted, ...way });
    assert.equal(loaded.settings.database.host, "db.internal");
    assert.equal(loaded.warnings.length, "VAULT_SKIP_VERIFY" in way ? 1 : 0);
    assert.ok(loaded.secrets.all.includes(await Deno.readTextFile(`${TLS}/client.key`)));
  }
  if (Deno.build.os !== "windows") {
    await Deno.chmod(key, 0o644);
    await using loaded = await load({ ...trusted, ...authority });
    assert.match(
      loaded.warnings.join(),
      /^VAULT_CLIENT_KEY: .* can be read by every user: chmod 600/,
    );
  }
  const failures: readonly (readonly [Record<string, string>, string, RegExp])[] = [
    [trusted, "vault_tls", /VAULT_CACERT/],
    [{ ...trusted, VAULT_CACERT: `${TLS}/stranger.pem` }, "vault_tls", /VAULT_CACERT/],
    [
      { ...trusted, ...authority, VAULT_TLS_SERVER_NAME: "other.test" },
      "vault_tls",
      /VAULT_TLS_SERVER_NAME/,
    ],
    [
      { ...trusted, ...authority, VAULT_CLIENT_CERT: "", VAULT_CLIENT_KEY: "" },
      "vault_tls",
      /VAULT_CLIENT_CERT/,
    ],
    [{ ...trusted, VAULT_CACERT: "/nonexistent" }, "tls_file", /exists/],
    [{ ...trusted, ...authority, VAULT_CLIENT_KEY: "/nonexistent" }, "tls_file", /exists/],
    [{ ...trusted, ...authority, VAULT_CLIENT_KEY: `${TLS}/README.md` }, "tls_file", /PEM/],
    [{ ...trusted, VAULT_CACERT: `${TLS}/README.md` }, "tls_file", /PEM/],
    [{ ...trusted, VAULT_ADDR: vault.address.replace("http:", "https:") }, "vault_tls", /port/],
    // https is never given up for http, and the other way round is an error as well
    [
      { ...trusted, VAULT_ADDR: (vault.tlsAddress ?? "").replace("https:", "http:") },
      "vault_answer",
      /scheme|address/,
    ],
  ];
  for (const [env, code, hint] of failures) {
    const error = await refusal({ ...env, VAULT_MAX_RETRIES: "0", VAULT_CLIENT_TIMEOUT: "4" });

    assert.equal(error.code, code, error.message);
    assert.match(error.hint ?? "", hint, error.message);
  }

  // through a proxy, which only sees where to
  const asked: string[] = [];
  await using proxy = await startProxy((target, login) => asked.push(`${target} ${login}`));
  const login = "operator:planted-proxy-password";
  for (
    const [name, host] of [["VAULT_PROXY_ADDR", "127.0.0.1"], [
      "https_proxy",
      "vault.test",
    ]] as const
  ) {
    const port = new URL(vault.tlsAddress ?? "").port;
    await using loaded = await load({
      ...trusted,
      ...authority,
      VAULT_ADDR: `https://${host}:${port}`,
      [name]: `http://${login}@127.0.0.1:${proxy.port}`,
    });
    assert.equal(loaded.settings.database.host, "db.internal");
    assert.ok(loaded.secrets.all.includes("planted-proxy-password"));
    assert.ok(asked.every((line) => line === `${host}:${port} Basic ${btoa(login)}`), asked.join());

    asked.length = 0;
  }
  const refused = await refusal({
    ...trusted,
    ...authority,
    VAULT_ADDR: "https://127.0.0.1:1",
    VAULT_PROXY_ADDR: `127.0.0.1:${proxy.port}`,
    VAULT_MAX_RETRIES: "0",
  });

  assert.equal(refused.code, "vault_unreachable");
  assert.match(refused.message, /the proxy .* answered 502/);
});

toolTest("bao", "Vault: sealed, not initialised and not there are told apart", async (program) => {
  const env = { VAULT_TOKEN: "any", VAULT_MAX_RETRIES: "1" };
  {
    await using vault = await startVault(program, { state: "sealed" });
    const sealed = await refusal({ ...env, VAULT_ADDR: vault.address });
    assert.equal(sealed.code, "vault_sealed");
    assert.match(sealed.hint ?? "", /operator unseal/);
  }
  let address: string;
  {
    await using vault = await startVault(program, { state: "uninitialized" });
    address = vault.address;
    const blank = await refusal({ ...env, VAULT_ADDR: address });
    assert.equal(blank.code, "vault_not_initialized");
  }
  const gone = await refusal({ ...env, VAULT_ADDR: address });
  assert.equal(gone.code, "vault_unreachable");
  assert.match(gone.message, /connection refused/);
});

/** A proxy that lets CONNECT through to the same port of the loopback, whatever the host. */
async function startProxy(
  onConnect: (target: string, login: string | undefined) => void,
): Promise<AsyncDisposable & { readonly port: number }> {
  const open = new Set<Socket>();
  const hold = (socket: Socket) => open.add(socket.on("error", () => socket.destroy()));
  const server = createServer((client) => {
    hold(client);
    client.once("data", (data) => {
      const head = data.toString();
      const target = /^CONNECT (\S+) /.exec(head)?.[1] ?? "";
      onConnect(target, /^proxy-authorization: (.*?)\r$/im.exec(head)?.[1]);
      const server = connect(Number(target.split(":").pop()), "127.0.0.1");
      hold(server);
      server.on("connect", () => {
        client.write("HTTP/1.1 200 ok\r\n\r\n");
        server.pipe(client);
        client.pipe(server);
      });
      server.on("error", () => client.end("HTTP/1.1 502 no\r\ncontent-length: 0\r\n\r\n"));
    });
  });
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => server.once("listening", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

Deno.test("Vault: a redirect from https to http is not followed, whatever answers there", async () => {
  const asked: string[] = [];
  await using plain = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      asked.push(request.headers.get("x-vault-token") ?? "");
      return Response.json({ data: { data: { database: DATABASE }, metadata: {} } });
    },
  );
  await using secure = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
      cert: await pem("server"),
      key: await Deno.readTextFile(`${TLS}/server.key`),
    },
    () =>
      new Response(null, {
        status: 307,
        headers: { location: `http://127.0.0.1:${plain.addr.port}/v1/x` },
      }),
  );
  const error = await refusal({
    VAULT_ADDR: `https://127.0.0.1:${secure.addr.port}`,
    VAULT_TOKEN: "planted-token",
    VAULT_CACERT: `${TLS}/authority.pem`,
  });
  assert.equal(error.code, "vault_redirect", error.message);
  assert.match(error.message, /redirected from https to http:/);
  assert.deepEqual(asked, []);
});
