import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { MigrateError } from "../../errors.ts";
import { type Handshake, shakeHands, type TlsPlan } from "../../postgres/mod.ts";
import { fault, type Look, ok, some, warning } from "./look.ts";
import { limits, type NetworkRequest, reasonFor } from "./reason.ts";

const DAY_MS = 86_400_000;
/** How long before its end a certificate is worth a word. */
const SOON_MS = 14 * DAY_MS;

/**
 * Looks at how the connection is protected. Where the server's certificate is refused, a second
 * handshake that refuses nothing, and is given nothing, tells what is wrong with it.
 */
export async function lookAtTls(
  plans: readonly TlsPlan[],
  request: NetworkRequest,
): Promise<Look> {
  const { database } = request;
  const { host, port, sslmode } = database;
  const plan = plans.find(({ mode }) => mode !== "off");
  if (plan === undefined) return ok("tls", "off: sslmode is disable");
  if (sslmode === "allow") return ok("tls", "off unless the server demands it: sslmode is allow");
  const shake = (tls: TlsPlan) => shakeHands({ host, port }, { ...limits(request), tls });
  try {
    return judge(await shake(plan), { ...request, tls: plan });
  } catch (error) {
    const reason = reasonFor(error, request);
    if (error instanceof MigrateError || reason.code !== "tls_certificate") {
      return fault("tls", reason);
    }
    const { certificate } = await shake({ mode: "on", verify: "nothing" }).catch(() => NOTHING);
    if (certificate === undefined) return fault("tls", reason);
    return fault("tls", explain(certificate, { ...request, reason, tls: plan }));
  }
}

const NOTHING: Handshake = { protocol: undefined, certificate: undefined };

type Judged = NetworkRequest & { readonly tls: TlsPlan };

function judge({ certificate, protocol }: Handshake, request: Judged): Look {
  const { database: { sslmode }, now, redact, tls } = request;
  if (protocol === undefined) return ok("tls", `off: the server offers none (sslmode ${sslmode})`);
  const shown = certificate === undefined ? "" : `, ${redact(describe(certificate))}`;
  const text = `${protocol}${shown}, ${CHECKED[tls.verify]}`;
  if (certificate === undefined || tls.verify === "nothing") return ok("tls", text);
  const left = certificate.validToDate.getTime() - now.getTime();
  if (left > SOON_MS) return ok("tls", text);
  const days = Math.max(0, Math.floor(left / DAY_MS));
  return warning("tls", `${text}; it ends in ${days} days`, {
    code: "certificate_expires",
    fix: "Renew the server's certificate",
  });
}

const CHECKED: Readonly<Record<TlsPlan["verify"], string>> = {
  nothing: "not checked",
  authority: "checked but for the name",
  host: "checked",
};

/** What is wrong with a certificate that was refused. */
function explain(
  certificate: X509Certificate,
  { database, now, reason, redact, tls }: Judged & {
    readonly reason: ReturnType<typeof reasonFor>;
  },
): ReturnType<typeof reasonFor> {
  const { host, sslrootcert } = database;
  const found: { readonly state: string; readonly hint: string }[] = [];
  if (certificate.validToDate < now) {
    found.push({
      state: `it expired on ${day(certificate.validToDate)}`,
      hint: "Renew the server's certificate, or correct this machine's clock",
    });
  }
  if (certificate.validFromDate > now) {
    found.push({
      state: `it begins on ${day(certificate.validFromDate)}`,
      hint: "Correct this machine's clock",
    });
  }
  if (tls.verify === "host" && !isFor(certificate, host)) {
    found.push({
      state: `it is not for ${host}`,
      hint: "Set database.host to a name of the certificate, or have it renewed with this one",
    });
  }
  if (found.length === 0 && /ISSUER|SELF_SIGNED|VERIFY|UNABLE_TO|UNKNOWN/i.test(reason.state)) {
    const trusted = sslrootcert === undefined || sslrootcert === "system"
      ? "the system's authorities"
      : `those in ${sslrootcert}`;
    found.push({
      state: `its authority is not among ${trusted}`,
      hint: `Set database.sslrootcert to the PEM file of ${redact(authorityOf(certificate))}`,
    });
  }
  if (found.length === 0) found.push({ state: reason.state, hint: reason.hint });
  return {
    code: reason.code,
    state: `${redact(describe(certificate))}: ${found.map(({ state }) => state).join("; ")}`,
    hint: found[0]?.hint ?? "",
  };
}

function isFor(certificate: X509Certificate, host: string): boolean {
  return isIP(host) === 0
    ? certificate.checkHost(host) !== undefined
    : certificate.checkIP(host) !== undefined;
}

function describe(certificate: X509Certificate): string {
  const names = (certificate.subjectAltName ?? "").split(", ").filter((name) => name !== "")
    .map((name) => name.replace(/^(?:DNS|IP Address):/, ""));
  const whose = names.length > 0 ? some(names) : fieldOf(certificate.subject);
  return `certificate of ${whose} by ${authorityOf(certificate)} until ${
    day(certificate.validToDate)
  }`;
}

function authorityOf(certificate: X509Certificate): string {
  return `"${fieldOf(certificate.issuer)}"`;
}

/** The common name, or all there is. */
function fieldOf(name: string): string {
  return /^CN=(.*)$/m.exec(name)?.[1] ?? name.replaceAll("\n", ", ");
}

function day(date: Date): string {
  return Number.isNaN(date.getTime()) ? "an unknown day" : date.toISOString().slice(0, 10);
}
