import assert from "node:assert/strict";
import fc from "fast-check";
import { redactor, Secrets } from "../src/redact.ts";

Deno.test("redactor() hides a secret in every form that it takes", () => {
  const unit = fc.nat(0xffff).map((code) => String.fromCharCode(code).toWellFormed());
  fc.assert(fc.property(fc.string({ unit, minLength: 4 }), (secret) => {
    const json = JSON.stringify(secret);
    const base64 = btoa(String.fromCharCode(...new TextEncoder().encode(secret)));
    for (const form of [secret, encodeURIComponent(secret), json.slice(1, -1), base64]) {
      // What has become too short to be told from other words stays.
      if (form.length < 4) continue;
      const text = redactor([secret]).redact(`<${form}>`);
      assert.ok(!text.includes(form) || "<****>".includes(form), text);
    }
  }));
});

Deno.test("redactor() takes any text for a secret", () => {
  const unit = fc.nat(0xffff).map((code) => String.fromCharCode(code));
  fc.assert(fc.property(fc.string({ unit }), fc.string({ unit }), (secret, text) => {
    redactor([secret]).redact(text);
  }));
  assert.equal(redactor(["half \ud800 pair"]).redact("a half \ud800 pair"), "a ****");
});

Deno.test("redactor() hides the whole line of a short secret, and no other", () => {
  assert.equal(redactor(["abc"]).redact("one\nxabcx\ntwo"), "one\n****\ntwo");
  assert.equal(redactor(["", "long-secret"]).redact("a long-secret, b"), "a ****, b");
});

Deno.test("Secrets hides what is learnt later as well", () => {
  const secrets = new Secrets();
  const { redact } = secrets;
  assert.equal(redact("token-1 token-2"), "token-1 token-2");
  secrets.learn("token-1");
  assert.equal(redact("token-1 token-2"), "**** token-2");
  secrets.learn("token-2");
  assert.equal(redact("token-1 token-2"), "**** ****");
  assert.deepEqual(secrets.all, ["token-1", "token-2"]);
});
