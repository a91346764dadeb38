import { isIP } from "node:net";

/** Where Vault answers: a URL without a path, and the Unix socket to reach it by, if it is one. */
export interface VaultAddress {
  readonly url: URL;
  readonly socketPath?: string;
  /** The variable that says so, for hints. */
  readonly variable: string;
}

/** Reads the address in a variable, or says what is wrong with it. */
export function parseAddress(text: string, variable: string): VaultAddress | string {
  if (text.startsWith("unix://")) {
    const socketPath = text.slice("unix://".length);
    return socketPath.startsWith("/")
      ? { url: new URL("http://localhost"), socketPath, variable }
      : `is "${text}": must be unix:///path/of/the/socket`;
  }
  if (!/^https?:\/\//i.test(text)) return "has no scheme: write https://host:8200";
  const url = URL.parse(text);
  if (url === null) return "is not a URL: write https://host:8200";
  if (url.username !== "" || url.password !== "") return "holds a login: Vault takes tokens alone";
  if (!/^\/?(?:v1\/?)?$/.test(url.pathname) || url.search !== "" || url.hash !== "") {
    return `has something behind the host: write ${url.origin}`;
  }
  return { url: new URL(url.origin), variable };
}

/** The host without the brackets that URLs put around IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

/** The port, also when it is the usual one of the scheme. */
export function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === "https:" ? 443 : 80);
}

/** Whether an address can only be this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || (isIP(host) === 4 && host.startsWith("127.")) || host === "::1";
}

/**
 * Cleans a path below `/v1/`: no slash at its ends, no `v1/`, no step upwards. Returns nothing if it
 * cannot be one.
 */
export function cleanPath(text: string): string | undefined {
  const path = text.replace(/^\/+/, "").replace(/^v1\//, "").replace(/\/+$/, "");
  const steps = path.split("/");
  if (steps.some((step) => step === "" || step === "." || step === "..")) return undefined;
  return /[\p{Cc}?#]/u.test(path) ? undefined : path;
}

/** Percent-encodes a path, but not its slashes. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
