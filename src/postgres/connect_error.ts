import type { Database } from "../database.ts";
import { describeDatabase } from "../dsn.ts";
import { type ErrorCode, MigrateError, type NextStep } from "../errors.ts";
import { identifier } from "./quote.ts";
import { ServerError } from "./server_error.ts";

/** Where a server listens: a TCP address, or the path of a Unix socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

/** The error of an address where something else listens. */
export function notPostgres(address: Address): MigrateError {
  const where = "path" in address ? address.path : `${address.host}:${address.port}`;
  return new MigrateError(
    "not_postgres",
    `Cannot connect to "${where}": what answers there is not PostgreSQL`,
    { hint: "Check database.host and database.port, and what stands before the server" },
  );
}

/**
 * Turns whatever prevented a connection into an error that says what it was and what to do.
 * `timedOut` tells that our own limit ended the attempt.
 */
export function toConnectError(error: unknown, context: ConnectContext): MigrateError {
  if (error instanceof MigrateError) return error;
  const { code, hint, sqlstate, state } = reasonOf(error, context);
  return new MigrateError(
    code,
    `Cannot connect to ${describeDatabase(context.database)}: ${state}`,
    {
      hint,
      next: [{ command: "migrate doctor", when: "each step of the way there" }],
      cause: error,
      ...(sqlstate === undefined ? {} : { data: { sqlstate } }),
    },
  );
}

/** What prevented a connection, and what to do. */
export interface ConnectReason {
  readonly code: ErrorCode;
  readonly state: string;
  readonly hint: string;
  readonly next?: readonly NextStep[];
  readonly sqlstate?: string | undefined;
}

/** What was tried, and whether our own limit ended the attempt. */
export interface ConnectContext {
  readonly database: Database;
  readonly timedOut: boolean;
  /** Hides secrets in what the network and its libraries say. */
  readonly redact: (text: string) => string;
}

/** Says what prevented a connection, without where it was to lead. */
export function reasonOf(error: unknown, context: ConnectContext): ConnectReason {
  const { database, timedOut } = context;
  if (error instanceof MigrateError) {
    const { code, hint, message, next } = error;
    return { code, state: message, hint, next };
  }
  const fail = (code: ErrorCode, state: string, hint: string, sqlstate?: string) => ({
    code,
    state,
    hint,
    sqlstate,
  });
  if (timedOut) {
    return fail(
      "connection_timeout",
      `no answer within ${database.connectTimeoutMs / 1000} s`,
      "Check the address, the firewall and that PostgreSQL listens there, or raise database.connect_timeout",
    );
  }
  if (error instanceof ServerError) {
    const [code, hint] = ofServer(error, database);
    return fail(code, error.message, hint, error.sqlstate);
  }
  const name = networkCode(error);
  const known = NETWORK[name];
  if (known !== undefined) return fail(known[0], known[1], known[2]);
  const text = context.redact(error instanceof Error ? error.message : String(error));
  if (
    /CERT|TLS|SSL|certificate|handshake|UNABLE_TO|SELF_SIGNED|fatal alert/i.test(`${name} ${text}`)
  ) {
    return fail(
      "tls_certificate",
      `the TLS connection failed (${name === "" ? text : `${name}: ${text}`})`,
      "Check the server's certificate, database.sslrootcert, and that database.host is a name in the certificate",
    );
  }
  return fail("connection_failed", text, "Check that a PostgreSQL server listens at that address");
}

function ofServer(error: ServerError, database: Database): [ErrorCode, string] {
  switch (error.sqlstate) {
    case "28P01":
      return ["login_refused", `Check database.user and database.password${normalForm(database)}`];
    case "28000":
      return [
        "login_refused",
        "Check database.user, database.sslmode and the server's pg_hba.conf",
      ];
    case "3D000":
      return ["database_missing", `Create it: CREATE DATABASE ${identifier(database.dbname)};`];
    case "42501":
      if (database.role !== undefined && !error.message.includes(database.dbname)) {
        return [
          "permission_denied",
          `Grant it: GRANT ${identifier(database.role)} TO ${identifier(database.user)};`,
        ];
      }
      return [
        "permission_denied",
        `Grant it: GRANT CONNECT ON DATABASE ${identifier(database.dbname)} TO ${
          identifier(database.user)
        };`,
      ];
    case "53300":
      return [
        "too_many_connections",
        "Wait, or raise max_connections or the CONNECTION LIMIT of the role or the database",
      ];
    case "57P03":
      return ["server_not_ready", "Wait until the server has started, then run this again"];
    case "22023":
      return ["login_refused", "Check database.role and database.search_path"];
    default:
      return ["connection_failed", "See the server's log for more"];
  }
}

/** PostgreSQL normalises a password when it is set and the drivers do not when they send it (RFC 4013). */
function normalForm({ password = "" }: Database): string {
  return password === password.normalize("NFKC")
    ? ""
    : "; the server keeps it in Unicode's normal form NFKC: write it in that form";
}

const NO_SOCKET = [
  "socket_missing",
  "there is no such Unix socket",
  "Check database.host (the socket's directory) and database.port, and that PostgreSQL is running",
] as const;

const CLOSED = [
  "connection_failed",
  "the other side closed the connection",
  "Check that a PostgreSQL server listens at that address, and its log",
] as const;

const NETWORK: Readonly<Record<string, readonly [ErrorCode, string, string]>> = {
  ECONNREFUSED: [
    "connection_refused",
    "connection refused",
    "Check database.host and database.port, and that PostgreSQL is running",
  ],
  ENOENT: NO_SOCKET,
  ENOTDIR: NO_SOCKET,
  EINVAL: [
    "connection_failed",
    "the system does not take the address",
    "Shorten database.host: the path of a Unix socket has room for about 100 bytes",
  ],
  EACCES: ["connection_refused", "not allowed", "Check the rights on the socket's directory"],
  ENOTFOUND: ["host_unknown", "the host name is not known", "Check database.host"],
  EAI_AGAIN: [
    "host_unknown",
    "the host name could not be looked up",
    "Check DNS and database.host",
  ],
  EHOSTUNREACH: [
    "host_unreachable",
    "the host cannot be reached",
    "Check the network and database.host",
  ],
  ENETUNREACH: [
    "host_unreachable",
    "the network cannot be reached",
    "Check the network and database.host",
  ],
  ETIMEDOUT: ["connection_timeout", "no answer", "Check the address and the firewall"],
  ECONNRESET: CLOSED,
  EPIPE: CLOSED,
  CONNECTION_CLOSED: CLOSED,
};

function networkCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  // Several addresses were tried, each with an error of its own.
  if (error instanceof AggregateError) return networkCode(error.errors[0]);
  return "";
}
