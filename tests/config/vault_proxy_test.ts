import assert from "node:assert/strict";
import fc from "fast-check";
import { proxyFor, readProxy } from "../../src/config/vault/proxy.ts";
import { backoffMs, retryAfterMs } from "../../src/config/vault/retry.ts";
import { Variables } from "../../src/config/vault/variables.ts";

const PROXY = { HTTPS_PROXY: "http://proxy.test:3128" };

function proxied(env: Readonly<Record<string, string>>, url: string): string | undefined {
  const variables = new Variables(env);
  const settings = readProxy(variables);
  variables.check();
  return proxyFor(settings, new URL(url))?.host;
}

/** NO_PROXY, hosts that it excepts, and hosts that it does not, as Go reads it. */
const EXCEPTIONS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["*", ["vault.test", "10.1.2.3", "[fd00::1]"], []],
  ["test", ["test", "vault.test", "a.vault.test"], ["latest", "test.example"]],
  ["vault.test", ["vault.test", "a.vault.test", "VAULT.test"], ["notvault.test"]],
  [".vault.test", ["a.vault.test"], ["vault.test", "avault.test"]],
  ["*.vault.test", ["a.vault.test"], ["vault.test"]],
  ["vault.test:8200", ["vault.test:8200"], ["vault.test", "vault.test:8201"]],
  [" other.test , vault.test ,", ["vault.test", "other.test"], ["third.test"]],
  ["10.0.0.0/8", ["10.0.0.1", "10.255.255.255"], ["11.0.0.1", "ten.test", "[fd00::1]"]],
  ["10.1.2.3/32,192.168.0.0/16", ["10.1.2.3", "192.168.77.1"], ["10.1.2.4"]],
  ["10.1.2.3", ["10.1.2.3", "10.1.2.3:8200"], ["10.1.2.30", "110.1.2.3"]],
  ["10.1.2.3:8200", ["10.1.2.3:8200"], ["10.1.2.3"]],
  ["fd00::/8", ["[fd00::1]", "[fd12:3456::1]"], ["[fe80::1]", "10.0.0.1"]],
  ["fd00::1", ["[fd00::1]", "[fd00:0:0::1]"], ["[fd00::2]"]],
  ["[fd00::1]:8200", ["[fd00::1]:8200"], ["[fd00::1]"]],
  ["10.0.0.0/40,10.0.0/8,/8,.,:80", [], ["10.0.0.1", "vault.test"]],
  ["", [], ["vault.test"]],
];

for (const [entries, without, through] of EXCEPTIONS) {
  Deno.test(`proxyFor() reads NO_PROXY=${entries}`, () => {
    for (const name of ["NO_PROXY", "no_proxy"]) {
      for (const host of without) {
        const found = proxied({ ...PROXY, [name]: entries }, `https://${host}`);
        assert.equal(found, undefined, host);
      }
      for (const host of through) {
        const found = proxied({ ...PROXY, [name]: entries }, `https://${host}`);
        assert.equal(found, "proxy.test:3128", host);
      }
    }
  });
}

Deno.test("proxyFor() takes Vault's own proxy before all others, for every host", () => {
  const env = {
    ...PROXY,
    NO_PROXY: "*",
    VAULT_HTTP_PROXY: "http://second.test",
    VAULT_PROXY_ADDR: "http://first.test",
  };
  assert.equal(proxied(env, "https://127.0.0.1"), "first.test");
  assert.equal(proxied({ ...env, VAULT_PROXY_ADDR: "" }, "https://vault.test"), "second.test");
  // The general ones are never for this machine, and each is for one scheme.
  assert.equal(proxied(PROXY, "https://127.0.0.1"), undefined);
  assert.equal(proxied(PROXY, "http://vault.test"), undefined);
});

Deno.test("proxyFor() copes with any NO_PROXY", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (NO_PROXY) => {
    proxied({ ...PROXY, NO_PROXY }, "https://vault.test");
    proxied({ ...PROXY, NO_PROXY }, "https://10.1.2.3");
  }));
});

Deno.test("retryAfterMs() reads seconds and dates", () => {
  assert.equal(retryAfterMs("0"), 0);
  assert.equal(retryAfterMs("120"), 120_000);
  const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
  const waitMs = retryAfterMs(inAnHour) ?? 0;
  assert.ok(waitMs > 3_500_000 && waitMs <= 3_600_000, String(waitMs));
  assert.equal(retryAfterMs("Wed, 21 Oct 2015 07:28:00 GMT"), 0);
  for (const odd of [undefined, "", "soon", "-1", "1.5e99"]) {
    assert.equal(retryAfterMs(odd), undefined, odd);
  }
});

Deno.test("backoffMs() grows, differs and ends", () => {
  fc.assert(fc.property(fc.nat({ max: 2000 }), (attempt) => {
    const waitMs = backoffMs(attempt);
    assert.ok(waitMs >= 125 && waitMs <= 5_000, `${attempt}: ${waitMs}`);
  }));
  assert.ok(new Set(Array.from({ length: 20 }, () => backoffMs(3))).size > 1);
});
