import assert from "node:assert/strict";
import { join } from "node:path";
import { loadSettings, type Settings } from "../../src/config/mod.ts";
import { MigrateError } from "../../src/errors.ts";
import { Secrets } from "../../src/redact.ts";

/** A real server of its own for a test file, gone afterwards. */
export interface TestVault extends AsyncDisposable {
  /** Where it listens without TLS; with TLS it does at `tlsAddress`. */
  readonly address: string;
  readonly tlsAddress: string | undefined;
  readonly pid: number;
  readonly rootToken: string;
  /** Calls the API as the administrator, unless a token is given. */
  api(method: string, path: string, options?: ApiOptions): Promise<ApiAnswer>;
  /** Makes a token that has one policy, written out. */
  tokenFor(policy: string, options?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Whether the server still knows a token. */
  knows(token: string): Promise<boolean>;
  /** The accessors of all tokens that live. */
  accessors(): Promise<readonly string[]>;
}

interface ApiOptions {
  readonly body?: unknown;
  readonly token?: string;
  readonly namespace?: string;
}

/** An answer of the API, its body parsed. */
export interface ApiAnswer {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- tests look into answers of any shape
  readonly body: any;
}

/** What kind of server a test wants. */
export interface VaultOptions {
  /** The PEM files of a listener with TLS; with `clientCa` it demands certificates. */
  readonly tls?: {
    readonly cert: string;
    readonly key: string;
    readonly clientCa?: string;
  };
  /** How far it is brought: `ready` has KV version 2 at `secret` and version 1 at `kv1`. */
  readonly state?: "uninitialized" | "sealed" | "ready";
}

/** Starts the program with a file of its configuration, and waits for nothing. */
export function spawnVault(program: string, config: string): Deno.ChildProcess {
  return new Deno.Command(program, {
    args: ["server", `-config=${config}`],
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** Starts a server on free loopback ports. */
export async function startVault(program: string, options: VaultOptions = {}): Promise<TestVault> {
  const folder = await Deno.makeTempDir({ prefix: "hotpot-vault-" });
  const [port, clusterPort, tlsPort] = freePorts(3);
  const address = `http://127.0.0.1:${port}`;
  const config = join(folder, "server.hcl");
  await Deno.writeTextFile(config, configuration(options, { port, clusterPort, tlsPort }));
  const child = spawnVault(program, config);
  let rootToken = "";
  const api = async (method: string, path: string, { body, namespace, token }: ApiOptions = {}) => {
    const answer = await fetch(`${address}/v1/${path}`, {
      method,
      headers: {
        "x-vault-token": token ?? rootToken,
        ...(namespace === undefined ? {} : { "x-vault-namespace": namespace }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? {} : JSON.parse(text) };
  };
  await until(() => api("GET", "sys/health"));
  const { state = "ready" } = options;
  if (state !== "uninitialized") {
    const { body } = await api("POST", "sys/init", {
      body: { secret_shares: 1, secret_threshold: 1 },
    });
    if (state === "ready") {
      await api("POST", "sys/unseal", { body: { key: body.keys[0] } });
      rootToken = body.root_token;
      await until(async () => {
        const { status } = await api("GET", "sys/health");
        if (status !== 200) throw new Error("not active yet");
      });
      await api("POST", "sys/mounts/secret", { body: { type: "kv", options: { version: "2" } } });
      // The engine upgrades itself for a moment, and refuses what it is asked meanwhile.
      await until(async () => {
        const { status } = await api("GET", "secret/config");
        if (status !== 200) throw new Error("still upgrading");
      });
      await api("POST", "sys/mounts/kv1", { body: { type: "kv", options: { version: "1" } } });
    }
  }
  return {
    address,
    tlsAddress: options.tls === undefined ? undefined : `https://127.0.0.1:${tlsPort}`,
    pid: child.pid,
    rootToken,
    api,
    async tokenFor(policy, changes = {}) {
      const name = `p-${crypto.randomUUID()}`;
      await api("POST", `sys/policies/acl/${name}`, { body: { policy } });
      const { body } = await api("POST", "auth/token/create", {
        body: { policies: [name], ...changes },
      });
      return body.auth.client_token;
    },
    async knows(token) {
      return (await api("POST", "auth/token/lookup", { body: { token } })).status === 200;
    },
    async accessors() {
      return (await api("LIST", "auth/token/accessors")).body.data.keys;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** The database section of most tests. */
export const DATABASE = {
  host: "db.internal",
  port: "6432",
  user: "hotpot",
  password: "planted-database-password",
  dbname: "hotpot",
  sslmode: "verify-full",
};

/** What came of loading settings. */
export interface Loaded extends AsyncDisposable {
  readonly settings: Settings;
  readonly warnings: readonly string[];
  readonly secrets: Secrets;
}

/** Loads the settings as the program would, from the variables alone. */
export async function load(
  env: Readonly<Record<string, string>>,
  options: {
    readonly signal?: AbortSignal;
    readonly configFile?: string;
    readonly secrets?: Secrets;
  } = {},
): Promise<Loaded> {
  const warnings: string[] = [];
  const { secrets = new Secrets() } = options;
  const settings = await loadSettings({
    env: { CONFIG_SOURCE: "vault", VAULT_PATH: "secret/hotpot/config", ...env },
    configFile: options.configFile,
    applicationName: "hotpot-test",
    signal: options.signal ?? new AbortController().signal,
    secrets,
    onWarning: (text) => warnings.push(text),
    lastly: undefined,
  });
  warnings.push(...settings.warnings);
  return {
    settings,
    warnings,
    secrets,
    [Symbol.asyncDispose]: () => settings[Symbol.asyncDispose](),
  };
}

/** Loads, and returns the error that this must end in. */
export async function refusal(
  env: Readonly<Record<string, string>>,
  options: Parameters<typeof load>[1] = {},
): Promise<MigrateError> {
  try {
    await using loaded = await load(env, options);
    throw new Error(`loaded ${loaded.settings.source}`);
  } catch (error) {
    assert.ok(error instanceof MigrateError, String(error));
    return error;
  }
}

/** Waits until something no longer throws. */
export async function until<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 0;; tries++) {
    try {
      return await act();
    } catch (error) {
      if (tries === 600) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

function configuration(
  { tls }: VaultOptions,
  ports: {
    readonly port: number | undefined;
    readonly clusterPort: number | undefined;
    readonly tlsPort: number | undefined;
  },
): string {
  const cluster = `cluster_address = "127.0.0.1:${ports.clusterPort}"`;
  const secure = tls === undefined ? "" : `listener "tcp" {
  address = "127.0.0.1:${ports.tlsPort}"
  ${cluster}
  tls_cert_file = "${tls.cert}"
  tls_key_file = "${tls.key}"
  ${
    tls.clientCa === undefined
      ? ""
      : `tls_client_ca_file = "${tls.clientCa}"\n  tls_require_and_verify_client_cert = true`
  }
}`;
  return `storage "inmem" {}
listener "tcp" {
  address = "127.0.0.1:${ports.port}"
  ${cluster}
  tls_disable = true
}
${secure}
disable_mlock = true
api_addr = "http://127.0.0.1:${ports.port}"
`;
}

/** Ports that nobody listens on. All are held at once, so that they differ. */
export function freePorts(count: number): readonly number[] {
  const held = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = held.map(({ addr }) => (addr as Deno.NetAddr).port);
  for (const listener of held) listener.close();
  return ports;
}
