import { BlockList, isIP } from "node:net";
import { hostOf, isLoopback, portOf } from "./address.ts";
import type { Variables } from "./variables.ts";

/** The proxies that the environment names. */
export interface ProxySettings {
  /** Of Vault's own variables: for every host. */
  readonly always: URL | undefined;
  readonly forHttps: URL | undefined;
  readonly forHttp: URL | undefined;
  /** The hosts that are reached without the general ones. */
  readonly except: readonly string[];
  /** The passwords that they hold. */
  readonly passwords: readonly string[];
}

/** Reads the proxies. What is wrong goes to the faults of the variables. */
export function readProxy(variables: Variables): ProxySettings {
  const either = (name: string) => read(variables, [name, name.toLowerCase()]);
  const except = variables.text("NO_PROXY") ?? variables.text("no_proxy") ?? "";
  const always = read(variables, ["VAULT_PROXY_ADDR", "VAULT_HTTP_PROXY"]);
  const [forHttps, forHttp] = [either("HTTPS_PROXY"), either("HTTP_PROXY")];
  return {
    always,
    forHttps,
    forHttp,
    passwords: [always, forHttps, forHttp].map((url) =>
      url === undefined ? "" : loginOf(url).password
    )
      .filter(Boolean),
    except: except.split(",").map((entry) => entry.trim().toLowerCase()).filter(Boolean),
  };
}

/** The login that a proxy's address holds; both parts are empty without one. */
export function loginOf(proxy: URL): { readonly user: string; readonly password: string } {
  return { user: decode(proxy.username), password: decode(proxy.password) };
}

/** The proxy for a URL, if one is to be used. */
export function proxyFor(settings: ProxySettings, url: URL): URL | undefined {
  if (settings.always !== undefined) return settings.always;
  const host = hostOf(url).toLowerCase();
  // As in Go: the general proxies are never asked for this machine.
  if (isLoopback(host)) return undefined;
  if (settings.except.some((entry) => matches(entry, host, portOf(url)))) return undefined;
  return url.protocol === "https:" ? settings.forHttps : settings.forHttp;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that stands for itself.
    return text;
  }
}

// As in Go: https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
function matches(entry: string, host: string, port: number): boolean {
  if (entry === "*") return true;
  const range = /^([^/]+)\/(\d{1,3})$/.exec(entry);
  if (range !== null) return isWithin(host, { net: range[1] ?? "", bits: Number(range[2]) });
  const [, bracketed, plain = "", only] =
    /^(?:\[(.*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
  const name = bracketed ?? plain;
  if (only !== undefined && Number(only) !== port) return false;
  if (isIP(name) !== 0) return isWithin(host, { net: name, bits: isIP(name) === 4 ? 32 : 128 });
  // A dot before it stands for everything below a name, and not for the name.
  const domain = name.replace(/^\*(?=\.)/, "");
  if (domain.startsWith(".")) return domain.length > 1 && host.endsWith(domain);
  return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
}

/** Whether a host is an address of a network. */
function isWithin(
  host: string,
  { bits, net }: { readonly net: string; readonly bits: number },
): boolean {
  const [family, most] = isIP(net) === 6 ? ["ipv6", 128] as const : ["ipv4", 32] as const;
  if (isIP(net) === 0 || isIP(host) !== isIP(net) || bits > most) return false;
  const list = new BlockList();
  list.addSubnet(net, bits, family);
  return list.check(host, family);
}

function read(variables: Variables, names: readonly string[]): URL | undefined {
  const name = names.find((each) => variables.text(each) !== undefined);
  if (name === undefined) return undefined;
  const text = variables.text(name) ?? "";
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || url.protocol !== "http:") {
    variables.fault(name, "is not the address of a proxy: write http://host:port");
    return undefined;
  }
  return url;
}
