import { MigrateError } from "../../errors.ts";
import { hostOf } from "./address.ts";
import type { HttpAnswer } from "./http_answer.ts";
import { type Asked, hintFor } from "./refusal.ts";

/**
 * Where an answer points to, if it points anywhere. A token goes to no other host, and never from
 * https to http.
 *
 * @throws {MigrateError} `vault_redirect` for one that must not be followed.
 */
export function followRedirect(
  answer: HttpAnswer,
  options: { readonly from: URL; readonly asked: Asked; readonly again?: true },
): URL | undefined {
  if (answer.status < 300 || answer.status > 399) return undefined;
  const { asked, from } = options;
  const refuse = (state: string, hint: string) =>
    new MigrateError("vault_redirect", `Cannot ${asked.doing}: ${state} (${asked.address})`, {
      hint: hintFor(asked, hint),
      ...(to === null ? {} : { data: { redirectedTo: originOf(to) } }),
    });
  const to = answer.location === undefined ? null : URL.parse(answer.location, from);
  if (to === null || ![301, 302, 307, 308].includes(answer.status)) {
    throw refuse(
      `HTTP ${answer.status} leads nowhere`,
      "Check that VAULT_ADDR is the address of Vault",
    );
  }
  const target = originOf(to);
  if (options.again) {
    throw refuse(`redirected twice, last to ${target}`, "Set VAULT_ADDR to the address of Vault");
  }
  if (from.protocol === "https:" && to.protocol !== "https:") {
    throw refuse(`redirected from https to ${target}`, "Set VAULT_ADDR to an https address");
  }
  const upgraded = from.protocol === "http:" && to.protocol === "https:";
  if (hostOf(from) !== hostOf(to) || !(upgraded || from.origin === to.origin)) {
    throw refuse(
      `redirected to ${target}, and a token goes to no other host`,
      `Set VAULT_ADDR to ${target} if that is your Vault`,
    );
  }
  to.username = "";
  to.password = "";
  return to;
}

function originOf(url: URL): string {
  return url.origin === "null" ? url.protocol : url.origin;
}
