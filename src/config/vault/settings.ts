import { cleanPath, hostOf, isLoopback, parseAddress, type VaultAddress } from "./address.ts";
import { type Login, readLogin } from "./login_settings.ts";
import { type ProxySettings, readProxy } from "./proxy.ts";
import { Variables } from "./variables.ts";

/** The files and names of a TLS connection, nothing read yet. */
export interface TlsSettings {
  readonly caFile?: string | undefined;
  readonly caText?: string | undefined;
  readonly caFolder?: string | undefined;
  /** The system's authorities, where they are not in the usual place. */
  readonly systemFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly serverName?: string | undefined;
  readonly verify: boolean;
}

/** Where a secret is, as far as it was said. */
export interface KvSettings {
  /** The version of the engine; without it Vault is asked. */
  readonly engine: 1 | 2 | undefined;
  readonly mount: string | undefined;
  /** The version of the secret; without it the newest. */
  readonly secretVersion: number | undefined;
}

/** All that the `VAULT_…` variables say, checked. */
export interface VaultSettings {
  readonly address: VaultAddress;
  readonly namespace: string | undefined;
  readonly tls: TlsSettings;
  readonly proxy: ProxySettings;
  /** For one call with all its tries. */
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly login: Login;
  readonly kv: KvSettings;
  readonly warnings: readonly string[];
}

const TIMEOUT_MS = 60_000;
const MAX_RETRIES = 2;

/**
 * Reads how to talk to Vault from the environment.
 *
 * @throws {MigrateError} `config_invalid` with everything that is wrong.
 */
export function readVaultSettings(env: Readonly<Record<string, string>>): VaultSettings {
  const variables = new Variables(env);
  const address = readAddress(variables);
  const settings = {
    address,
    namespace: readNamespace(variables),
    tls: readTls(variables),
    proxy: readProxy(variables),
    timeoutMs: variables.duration("VAULT_CLIENT_TIMEOUT") ?? TIMEOUT_MS,
    maxRetries: variables.number("VAULT_MAX_RETRIES", { from: 0 }) ?? MAX_RETRIES,
    login: readLogin(variables),
    kv: readKv(variables),
  };
  variables.check();
  return { ...settings, warnings: warningsOf(settings) };
}

function readAddress(variables: Variables): VaultAddress {
  const name = variables.text("VAULT_AGENT_ADDR") === undefined ? "VAULT_ADDR" : "VAULT_AGENT_ADDR";
  const text = variables.required(name, "is not set: where is Vault? Write https://host:8200");
  const address = text === "" ? "" : parseAddress(text, name);
  if (typeof address !== "string") return address;
  if (address !== "") variables.fault(name, address);
  return { url: new URL("https://127.0.0.1:8200"), variable: name };
}

function readNamespace(variables: Variables): string | undefined {
  const text = variables.text("VAULT_NAMESPACE");
  if (text === undefined) return undefined;
  if (!/^[\x21-\x7e]+$/.test(text)) variables.fault("VAULT_NAMESPACE", "is not a namespace");
  return text;
}

function readTls(variables: Variables): TlsSettings {
  const certFile = variables.text("VAULT_CLIENT_CERT");
  const keyFile = variables.text("VAULT_CLIENT_KEY");
  if (certFile !== undefined && keyFile === undefined) {
    variables.fault("VAULT_CLIENT_KEY", "is not set, and VAULT_CLIENT_CERT is: set both or none");
  }
  if (certFile === undefined && keyFile !== undefined) {
    variables.fault("VAULT_CLIENT_CERT", "is not set, and VAULT_CLIENT_KEY is: set both or none");
  }
  return {
    caFile: variables.text("VAULT_CACERT"),
    caText: variables.text("VAULT_CACERT_BYTES"),
    caFolder: variables.text("VAULT_CAPATH"),
    systemFile: variables.text("SSL_CERT_FILE"),
    certFile,
    keyFile,
    serverName: variables.text("VAULT_TLS_SERVER_NAME"),
    verify: !variables.boolean("VAULT_SKIP_VERIFY"),
  };
}

function readKv(variables: Variables): KvSettings {
  const engine = variables.choice("VAULT_KV_VERSION", ["auto", "1", "2"]);
  const secretVersion = variables.number("VAULT_SECRET_VERSION", { from: 1 });
  if (engine === "1" && secretVersion !== undefined) {
    variables.fault("VAULT_SECRET_VERSION", "needs KV version 2, and VAULT_KV_VERSION is 1");
  }
  const mount = variables.text("VAULT_KV_MOUNT");
  const cleaned = mount === undefined ? undefined : cleanPath(mount);
  if (mount !== undefined && cleaned === undefined) {
    variables.fault("VAULT_KV_MOUNT", `is "${mount}": must be a path such as secret or team/kv`);
  }
  return {
    engine: engine === "1" ? 1 : engine === "2" ? 2 : undefined,
    mount: cleaned,
    secretVersion,
  };
}

function warningsOf(settings: Omit<VaultSettings, "warnings">): readonly string[] {
  const { address: { socketPath, url }, tls } = settings;
  const open = url.protocol === "http:" && socketPath === undefined && !isLoopback(hostOf(url));
  return [
    ...(open ? [`${url.origin} is not encrypted: everybody on the way can read the secrets`] : []),
    ...(url.protocol === "https:" && !tls.verify
      ? ["VAULT_SKIP_VERIFY is on: whoever answers at that address is taken for Vault"]
      : []),
  ];
}
