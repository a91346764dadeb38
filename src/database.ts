/** The ways to protect a connection: https://www.postgresql.org/docs/current/libpq-ssl.html */
export const SSL_MODES = [
  "disable",
  "allow",
  "prefer",
  "require",
  "verify-ca",
  "verify-full",
] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** A database and how to log in. Every value has been checked. */
export interface Database {
  /** A DNS name, an IP address (IPv6 without brackets) or the absolute folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  readonly dbname: string;
  readonly sslmode: SslMode;
  /** A PEM file with the authorities to trust, or `system`. */
  readonly sslrootcert?: string;
  /** PEM files of the client's certificate and its key. */
  readonly sslcert?: string;
  readonly sslkey?: string;
  /** For everything from the first packet to the first query. */
  readonly connectTimeoutMs: number;
  readonly searchPath?: string;
  readonly applicationName: string;
  /** The role in which the session works from its start. */
  readonly role?: string;
}
