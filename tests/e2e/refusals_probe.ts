// deno-lint-ignore-file no-console -- its output is the result
import { join } from "node:path";
import { loadSettings } from "../../src/config/mod.ts";
import { requestIdentityToken } from "../../src/config/vault/identity_token.ts";
import type { Database } from "../../src/database.ts";
import { MigrateError } from "../../src/errors.ts";
import { Session } from "../../src/postgres/session.ts";
import { Secrets } from "../../src/redact.ts";

/**
 * A program that tries what the network can do to a connection: `probe <folder of certificates>`
 * prints the code and the hint of each refusal as JSON. It is run on several runtimes, because each
 * has words of its own for the same fault.
 */
type Trial = (port: number) => Promise<unknown>;

const [CERTIFICATES = ""] = Deno.args;
const pem = (name: string) => Deno.readTextFileSync(join(CERTIFICATES, name));
const authority = join(CERTIFICATES, "authority.pem");
const stranger = join(CERTIFICATES, "stranger.pem");

/** What Vault's client makes of it; the certificates are for `host`. */
function vault(
  changes: Record<string, string> = {},
  { host = "127.0.0.1", scheme = "http" } = {},
): Trial {
  return async (port) => {
    const env = {
      CONFIG_SOURCE: "vault",
      VAULT_PATH: "secret/hotpot/config",
      VAULT_ADDR: `${scheme}://${host}:${port}`,
      VAULT_TOKEN: "planted-token",
      VAULT_MAX_RETRIES: "0",
      VAULT_CLIENT_TIMEOUT: "5s",
      ...changes,
    };
    await using _settings = await loadSettings({
      env,
      configFile: undefined,
      applicationName: "probe",
      signal: new AbortController().signal,
      secrets: new Secrets(),
      onWarning: () => {},
      lastly: undefined,
    });
  };
}

const vaultTls = (changes: Record<string, string> = {}) =>
  vault({ VAULT_CACERT: authority, ...changes }, { scheme: "https" });

/** What the session makes of it. */
function postgres(changes: Partial<Database> = {}): Trial {
  return async (port) => {
    const database: Database = {
      host: "127.0.0.1",
      port,
      user: "postgres",
      dbname: "postgres",
      sslmode: "disable",
      connectTimeoutMs: 5_000,
      applicationName: "probe",
      ...changes,
    };
    const signal = new AbortController().signal;
    await using _session = await Session.open(database, { redact: (text) => text, signal });
  };
}

const postgresTls = (changes: Partial<Database> = {}) =>
  postgres({ sslmode: "verify-full", sslrootcert: authority, ...changes });

/** What is made of the service that tells GitHub's jobs who they are. */
const identity: Trial = (port) =>
  requestIdentityToken(
    { url: `http://127.0.0.1:${port}/token`, token: "planted", audience: undefined },
    new AbortController().signal,
  );

type Serve = (connection: Deno.Conn) => Promise<void>;

const closes: Serve = (connection) => Promise.resolve(connection.close());
const silent: Serve = () => Promise.resolve();
const says = (text: string): Serve => async (connection) => {
  await connection.read(new Uint8Array(4096));
  await connection.write(new TextEncoder().encode(text));
  connection.close();
};

/** Speaks TLS with a certificate; PostgreSQL's clients ask for that first. */
function speaksTls(name: string, { asked = false } = {}): Serve {
  return async (connection) => {
    if (asked) {
      await connection.read(new Uint8Array(8));
      await connection.write(Uint8Array.of(0x53));
    }
    const [cert, key] = [pem(`${name}.pem`), pem(`${name}.key`)];
    using secure = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
    const inside = await Deno.connect({ hostname: "127.0.0.1", port: secure.addr.port });
    const answering = secure.accept().then(async (client) => {
      await client.read(new Uint8Array(4096));
      client.close();
    });
    await Promise.allSettled([
      answering,
      connection.readable.pipeTo(inside.writable),
      inside.readable.pipeTo(connection.writable),
    ]);
  };
}

const TRIALS: Readonly<Record<string, readonly [Serve | "nobody", Trial]>> = {
  "Vault: nobody listens": ["nobody", vault()],
  "Vault: unknown host": ["nobody", vault({}, { host: "no-such-host.invalid" })],
  "Vault: closes": [closes, vault()],
  "Vault: silent": [silent, vault({ VAULT_CLIENT_TIMEOUT: "300ms" })],
  "Vault: silent in TLS": [silent, vaultTls({ VAULT_CLIENT_TIMEOUT: "300ms" })],
  "Vault: no HTTP": [says("SSH-2.0-x\r\n"), vault()],
  "Vault: cut off": [says("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"), vault()],
  "Vault: no TLS": [says("HTTP/1.1 400 Bad\r\n\r\n"), vaultTls()],
  "Vault: TLS unasked": [speaksTls("address"), vault()],
  "Vault: unknown authority": [speaksTls("address"), vaultTls({ VAULT_CACERT: stranger })],
  "Vault: built-in authorities": [speaksTls("address"), vaultTls({ VAULT_CACERT: "" })],
  "Vault: wrong name": [speaksTls("elsewhere"), vaultTls()],
  "Vault: expired": [speaksTls("expired"), vaultTls()],
  "Vault: trusted, and closes": [speaksTls("address"), vaultTls()],
  "Vault: the proxy refuses": [
    says("HTTP/1.1 407 Who\r\ncontent-length: 0\r\n\r\n"),
    async (port) => await vaultTls({ VAULT_PROXY_ADDR: `http://127.0.0.1:${port}` })(1),
  ],
  "Vault: the proxy is not there": [
    "nobody",
    async (port) => await vault({ VAULT_PROXY_ADDR: `http://127.0.0.1:${port}` })(1),
  ],
  "PostgreSQL: nobody listens": ["nobody", postgres()],
  "PostgreSQL: unknown host": ["nobody", postgres({ host: "no-such-host.invalid" })],
  "PostgreSQL: closes": [closes, postgres()],
  "PostgreSQL: silent": [silent, postgres({ connectTimeoutMs: 300 })],
  "PostgreSQL: something else": [says("HTTP/1.1 400 Bad\r\n\r\n"), postgres()],
  "PostgreSQL: no TLS": [says("N"), postgresTls()],
  "PostgreSQL: broken TLS": [says("S"), postgresTls()],
  "PostgreSQL: unknown authority": [
    speaksTls("address", { asked: true }),
    postgresTls({ sslrootcert: stranger }),
  ],
  "PostgreSQL: wrong name": [speaksTls("elsewhere", { asked: true }), postgresTls()],
  "PostgreSQL: expired": [speaksTls("expired", { asked: true }), postgresTls()],
  "PostgreSQL: trusted, and closes": [speaksTls("address", { asked: true }), postgresTls()],
  "GitHub: nobody listens": ["nobody", identity],
  "GitHub: closes": [closes, identity],
  "GitHub: refuses": [says("HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\n{}"), identity],
  "GitHub: leads elsewhere": [
    says("HTTP/1.1 302 x\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"),
    identity,
  ],
  "GitHub: no JSON": [says("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno"), identity],
};

async function outcome([serve, trial]: readonly [Serve | "nobody", Trial]): Promise<string> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const held: Deno.Conn[] = [];
  if (serve === "nobody") listener.close();
  else {
    (async () => {
      for await (const connection of listener) {
        held.push(connection);
        serve(connection).catch(() => {});
      }
    })().catch(() => {});
  }
  try {
    return await trial(port).then(() => "nothing was refused", told);
  } finally {
    if (serve !== "nobody") listener.close();
    for (const connection of held) {
      try {
        connection.close();
      } catch {
        // It was closed before.
      }
    }
  }
}

function told(error: unknown): string {
  if (!(error instanceof MigrateError)) return `thrown: ${error}`;
  return `${error.code}: ${error.hint}`;
}

const results = await Promise.all(
  Object.entries(TRIALS).map(async ([name, trial]) => [name, await outcome(trial)] as const),
);
console.log(JSON.stringify(Object.fromEntries(results)));
// What a trial has left open must not keep the program.
Deno.exit(0);
