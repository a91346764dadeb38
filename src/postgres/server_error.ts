/** The SQLSTATEs of a statement that somebody else kept from its locks: lock_not_available, deadlock_detected. */
export const BLOCKED: readonly string[] = ["55P03", "40P01"];

/** The SQLSTATEs that a statement may end with when somebody stops it: query_canceled and those. */
export const STOPPED: readonly string[] = ["57014", ...BLOCKED];

/**
 * What a server says of a failure, field by field:
 * https://www.postgresql.org/docs/current/protocol-error-fields.html
 */
export class ServerError extends Error {
  override readonly name = "ServerError";
  readonly sqlstate: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** Where in the statement, counted in characters from 1. */
  readonly position: number | undefined;
  /** The call stack of functions, innermost first. */
  readonly where: string | undefined;
  /** The sessions that were last seen to block the statement. */
  readonly blockers: readonly string[];

  constructor(fields: ServerFields, blockers: readonly string[] = []) {
    super(fields.message);
    this.blockers = blockers;
    this.sqlstate = fields.sqlstate;
    this.detail = fields.detail;
    this.hint = fields.hint;
    this.position = fields.position;
    this.where = fields.where;
  }
}

/** The fields of a server's error or notice that are of use to a person. */
export interface ServerFields {
  readonly severity: string;
  readonly sqlstate: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly position?: number | undefined;
  readonly where?: string | undefined;
}

/** Reads what the driver hands over for an error or a notice, with every text passed through `redact`. */
export function readFields(
  raw: Readonly<Record<string, unknown>>,
  redact: (text: string) => string,
): ServerFields {
  const text = (name: string): string | undefined => {
    const value = raw[name];
    return typeof value === "string" && value !== "" ? redact(value) : undefined;
  };
  const position = Number(raw["position"]);
  return {
    severity: text("severity") ?? "ERROR",
    sqlstate: text("code") ?? "XX000",
    message: text("message") ?? "the server gave no reason",
    detail: text("detail"),
    hint: text("hint"),
    where: text("where"),
    position: Number.isInteger(position) && position > 0 ? position : undefined,
  };
}

/**
 * Finds the FATAL message with which a server ends a connection in the last bytes that came from
 * it. The driver drops that message when the end of the connection follows at once.
 */
export function findFatal(bytes: Uint8Array): Record<string, string> | undefined {
  const text = new TextDecoder().decode(bytes);
  const start = text.lastIndexOf("SFATAL\0");
  if (start < 0) return undefined;
  const names: Readonly<Record<string, string>> = {
    S: "severity",
    C: "code",
    M: "message",
    D: "detail",
    H: "hint",
  };
  const fields: Record<string, string> = {};
  for (const field of text.slice(start).split("\0")) {
    if (field === "") break;
    const name = names[field.charAt(0)];
    if (name !== undefined) fields[name] = field.slice(1);
  }
  return fields;
}
