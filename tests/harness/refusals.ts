import assert from "node:assert/strict";

/** What every runtime must make of each trial of the probe: the code, and of the hint. */
const EXPECTED: Readonly<Record<string, RegExp>> = {
  "Vault: nobody listens": /^vault_unreachable: .*Vault is running/,
  "Vault: unknown host": /^vault_unreachable: Check VAULT_ADDR$/,
  "Vault: closes": /^vault_unreachable: .*scheme/,
  "Vault: silent": /^vault_timeout: .*VAULT_CLIENT_TIMEOUT/,
  "Vault: silent in TLS": /^vault_timeout: .*VAULT_CLIENT_TIMEOUT/,
  "Vault: no HTTP": /^vault_answer: .*scheme/,
  "Vault: cut off": /^vault_answer: .*address of Vault/,
  "Vault: no TLS": /^vault_tls: Check the port/,
  "Vault: TLS unasked": /^vault_answer: .*scheme/,
  "Vault: unknown authority": /^vault_tls: Set VAULT_CACERT/,
  "Vault: built-in authorities": /^vault_tls: Set VAULT_CACERT/,
  "Vault: wrong name": /^vault_tls: .*VAULT_TLS_SERVER_NAME/,
  "Vault: expired": /^vault_tls: .*(?:Renew|expired)/,
  "Vault: trusted, and closes": /^vault_unreachable: .*scheme/,
  "Vault: the proxy refuses": /^vault_unreachable: Check the proxy/,
  "Vault: the proxy is not there": /^vault_unreachable: Check the proxy/,
  "PostgreSQL: nobody listens": /^connection_refused: /,
  "PostgreSQL: unknown host": /^host_unknown: /,
  "PostgreSQL: closes": /^connection_failed: /,
  "PostgreSQL: silent": /^connection_timeout: .*database\.connect_timeout/,
  "PostgreSQL: something else": /^not_postgres: /,
  "PostgreSQL: no TLS": /^tls_refused: /,
  "PostgreSQL: broken TLS": /^connection_failed: /,
  "PostgreSQL: unknown authority": /^tls_certificate: /,
  "PostgreSQL: wrong name": /^tls_certificate: /,
  "PostgreSQL: expired": /^tls_certificate: /,
  "PostgreSQL: trusted, and closes": /^connection_failed: /,
  "GitHub: nobody listens": /^identity_token: /,
  "GitHub: closes": /^identity_token: /,
  "GitHub: refuses": /^identity_token: /,
  "GitHub: leads elsewhere": /^identity_token: /,
  "GitHub: no JSON": /^identity_token: /,
};

/** Checks what `refusals_probe.ts` has printed. */
export function checkRefusals(printed: string): void {
  const told: Record<string, string> = JSON.parse(printed);
  assert.deepEqual(Object.keys(told), Object.keys(EXPECTED));
  for (const [trial, expected] of Object.entries(EXPECTED)) {
    assert.match(told[trial] ?? "", expected, trial);
  }
}
