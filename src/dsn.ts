import { isIPv6 } from "node:net";
import type { Database } from "./database.ts";

/**
 * The database as a URL for Atlas, which hands it to lib/pq. Every part is percent-encoded,
 * `sslmode` is always written (lib/pq's default has changed between versions), and `search_path`
 * goes into `options`: as a parameter of its own it would narrow Atlas to that one schema.
 */
export function toPostgresUrl(database: Database): string {
  const { host, password } = database;
  const socket = host.startsWith("/");
  const login = `${encode(database.user)}${password === undefined ? "" : `:${encode(password)}`}`;
  const address = socket ? "" : isIPv6(host) ? `[${host}]` : encode(host);
  const port = socket ? "" : `:${database.port}`;
  const query = [
    ...(socket ? [["host", host], ["port", String(database.port)]] : []),
    ["sslmode", socket ? "disable" : database.sslmode],
    ...optional("sslrootcert", database.sslrootcert),
    ...optional("sslcert", database.sslcert),
    ...optional("sslkey", database.sslkey),
    ["connect_timeout", String(Math.max(1, Math.ceil(database.connectTimeoutMs / 1000)))],
    ["application_name", database.applicationName],
    ...optional("options", searchPathOption(database.searchPath)),
    ...optional("role", database.role),
  ];
  const parameters = query.map(([name, value]) => `${name}=${encode(value ?? "")}`).join("&");
  return `postgres://${login}@${address}${port}/${encode(database.dbname)}?${parameters}`;
}

/** The database for people: `user@host:port/dbname`, without the password. */
export function describeDatabase(database: Database): string {
  const { host, port, user, dbname } = database;
  if (host.startsWith("/")) return `${user}@${host}:${port}/${dbname}`;
  return `${user}@${isIPv6(host) ? `[${host}]` : host}:${port}/${dbname}`;
}

/** Percent-encodes all but letters, digits, `-`, `.`, `_` and `~`: neither side may misread any. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

// In `options` a space separates, and a backslash protects:
// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS
function searchPathOption(path: string | undefined): string | undefined {
  return path === undefined ? undefined : `-csearch_path=${path.replace(/[\\\s]/g, "\\$&")}`;
}

function optional(name: string, value: string | undefined): readonly (readonly string[])[] {
  return value === undefined ? [] : [[name, value]];
}
