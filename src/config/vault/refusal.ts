import { type ErrorCode, MigrateError } from "../../errors.ts";
import type { Answer } from "./answer.ts";
import { BrokenAnswer, NotHttp } from "./http_answer.ts";
import { ProxyError } from "./route.ts";

/** What was asked of Vault, and where: the frame of every error. */
export interface Asked {
  /** To be read behind "Cannot": `read "secret/hotpot/config" from Vault`. */
  readonly doing: string;
  readonly address: string;
  /** The variable that says so: `VAULT_ADDR`, or the Agent's. */
  readonly variable: string;
  /** Hides secrets in what the network and its libraries say. */
  readonly redact: (text: string) => string;
}

/** A hint that names the variable in which the address is. */
export function hintFor({ variable }: Asked, hint: string): string {
  return hint.replaceAll("VAULT_ADDR", variable);
}

/** The error of an answer that never came whole. */
export function networkRefusal(error: unknown, asked: Asked): MigrateError {
  const fail = (code: ErrorCode, state: string, hint: string) =>
    new MigrateError(code, `Cannot ${asked.doing}: ${state} (${asked.address})`, {
      hint: hintFor(asked, hint),
      cause: error,
    });
  if (error instanceof BrokenAnswer) {
    const hint = error instanceof NotHttp
      ? "Check the scheme and the port of VAULT_ADDR"
      : "Check that VAULT_ADDR is the address of Vault";
    return fail("vault_answer", error.message, hint);
  }
  if (error instanceof ProxyError) {
    const state = NETWORK[networkCode(error.cause)]?.[0];
    return fail(
      "vault_unreachable",
      state === undefined ? error.message : `${error.message}: ${state}`,
      "Check the proxy, or set NO_PROXY",
    );
  }
  const name = networkCode(error);
  const text = asked.redact(error instanceof Error ? error.message : String(error));
  const known = NETWORK[name];
  if (known !== undefined) return fail("vault_unreachable", known[0], known[1]);
  if (
    /CERT|TLS|SSL|certificate|handshake|UNABLE_TO|SELF_SIGNED|corrupt message|fatal alert/i.test(
      `${name} ${text}`,
    )
  ) {
    return fail(
      "vault_tls",
      `the TLS connection failed (${name === "" ? text : `${name}: ${text}`})`,
      tlsHint(`${name} ${text}`),
    );
  }
  return fail("vault_unreachable", text, "Check VAULT_ADDR and the network");
}

/** The error of an address that gave no answer in time. */
export function timeoutRefusal(asked: Asked, timeoutMs: number): MigrateError {
  return new MigrateError(
    "vault_timeout",
    `Cannot ${asked.doing}: no answer within ${timeoutMs / 1000} s (${asked.address})`,
    { hint: hintFor(asked, "Check VAULT_ADDR and the firewall, or raise VAULT_CLIENT_TIMEOUT") },
  );
}

/** The error of a server that could not answer; `health` is what it says of itself, if anything. */
export function serverRefusal(
  answer: Answer,
  asked: Asked,
  health: Answer | undefined,
): MigrateError {
  const fail = (code: ErrorCode, state: string, hint: string) =>
    new MigrateError(code, `Cannot ${asked.doing}: ${state} (${asked.address})`, {
      hint: hintFor(asked, hint),
      data: { status: answer.status },
    });
  const says = (name: string) => health?.document.get(name);
  if (says("initialized") === false || answer.status === 501) {
    return fail("vault_not_initialized", "Vault is not initialised", "Run: vault operator init");
  }
  if (says("sealed") === true) {
    return fail("vault_sealed", "Vault is sealed", "Run: vault operator unseal");
  }
  if (says("replication_dr_mode") === "secondary") {
    return fail(
      "vault_standby",
      "this is a secondary for disaster recovery",
      "Set VAULT_ADDR to the primary cluster",
    );
  }
  if (says("standby") === true) {
    return fail(
      "vault_standby",
      "this node is a standby and knows no active node",
      "Set VAULT_ADDR to the active node, or wait until one is elected",
    );
  }
  if (answer.status === 429) {
    return fail(
      "vault_rate_limit",
      "Vault's rate limit is reached",
      "Wait, or raise the rate limit quota",
    );
  }
  return fail("vault_failed", `Vault failed: ${statusText(answer)}`, "See Vault's log");
}

/** The error of a standby that sends its callers elsewhere because it cannot pass their calls on. */
export function standbyRefusal(redirect: MigrateError, asked: Asked): MigrateError {
  const active = redirect.data.redirectedTo ?? "somewhere";
  return new MigrateError(
    "vault_standby",
    `Cannot ${asked.doing}: this node is a standby and does not reach the active one, which it takes to be ${active} (${asked.address})`,
    {
      hint: hintFor(
        asked,
        `Set VAULT_ADDR to ${active} if that is your Vault and is up, otherwise wait until another node is active`,
      ),
      cause: redirect,
      data: redirect.data,
    },
  );
}

/** What an answer says of itself: `HTTP 400: invalid role ID`. */
export function statusText(answer: Answer): string {
  return [`HTTP ${answer.status}`, ...answer.errors].join(": ");
}

function tlsHint(text: string): string {
  if (/ALTNAME|Hostname|not valid for name/i.test(text)) {
    return "Use a name of the certificate in VAULT_ADDR, or set VAULT_TLS_SERVER_NAME to one";
  }
  if (/CERTIFICATE_REQUIRED|CertificateRequired|HANDSHAKE_FAILURE/i.test(text)) {
    return "Set VAULT_CLIENT_CERT and VAULT_CLIENT_KEY: Vault wants a certificate from us";
  }
  if (/EXPIRED|not yet valid/i.test(text)) {
    return "Renew Vault's certificate, or correct this machine's clock";
  }
  if (/UNKNOWN_CA|UnknownCA|BAD_CERTIFICATE|BadCertificate/i.test(text)) {
    return "Check VAULT_CLIENT_CERT: Vault does not trust it";
  }
  if (/packet length|WRONG_VERSION|record|InvalidContentType|corrupt message/i.test(text)) {
    return "Check the port: what answers there does not speak TLS";
  }
  // The runtime has one word for a certificate that has expired and for one of an unknown authority.
  return "Set VAULT_CACERT to the file of the authority that signed Vault's certificate, and see that the certificate has not expired";
}

const NETWORK: Readonly<Record<string, readonly [state: string, hint: string]>> = {
  ECONNREFUSED: ["connection refused", "Check VAULT_ADDR, and that Vault is running"],
  ENOENT: ["there is no such Unix socket", "Check VAULT_AGENT_ADDR, and that the Agent is running"],
  EACCES: ["not allowed", "Check the rights on the Unix socket"],
  ENOTFOUND: ["the host name is not known", "Check VAULT_ADDR"],
  EAI_AGAIN: ["the host name could not be looked up", "Check DNS and VAULT_ADDR"],
  EHOSTUNREACH: ["the host cannot be reached", "Check the network and VAULT_ADDR"],
  ENETUNREACH: ["the network cannot be reached", "Check the network and VAULT_ADDR"],
  ETIMEDOUT: ["no answer", "Check VAULT_ADDR and the firewall"],
  ECONNRESET: ["the other side closed the connection", "Check VAULT_ADDR, its scheme and its port"],
  EPIPE: ["the other side closed the connection", "Check VAULT_ADDR, its scheme and its port"],
};

function networkCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  // Several addresses were tried, each with an error of its own.
  if (error instanceof AggregateError) return networkCode(error.errors[0]);
  return "code" in error && typeof error.code === "string" ? error.code : "";
}
