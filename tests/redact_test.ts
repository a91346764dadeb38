import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { quote } from "../src/atlas/hcl.ts";
import type { Database } from "../src/database.ts";
import { toPostgresUrl } from "../src/dsn.ts";
import { literal } from "../src/postgres/quote.ts";
import { redactor } from "../src/redact.ts";

const SECRET = `p'q"r\\s é/+?&=%\${x}%{y}<\t>`;

const DATABASE: Database = {
  host: "localhost",
  port: 5432,
  user: "postgres",
  dbname: "x",
  sslmode: "disable",
  connectTimeoutMs: 1000,
  applicationName: "test",
};

/** Go's JSON, which Atlas prints. */
function goJson(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&]/g,
    (char) => `\\u00${char.charCodeAt(0).toString(16)}`,
  );
}

function inner(quoted: string): string {
  return quoted.slice(1, -1);
}

/** What programs make of a secret on its way. */
const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  "as it is": (secret) => secret,
  "percent-encoded": (secret) => encodeURIComponent(secret),
  "percent-encoded in lower case": (secret) =>
    encodeURIComponent(secret).replace(/%../g, (escape) => escape.toLowerCase()),
  "as a query": (secret) => new URLSearchParams({ secret }).toString().slice("secret=".length),
  "in the URL for Atlas": (password) =>
    toPostgresUrl({ ...DATABASE, password }).split(/[:@]/)[2] ?? "",
  "as the URL standard has it": (password) => {
    const url = new URL("postgres://x@y");
    url.password = password.replaceAll("%", "%25");
    return url.password;
  },
  "in JSON": (secret) => inner(JSON.stringify(secret)),
  "in Go's JSON": (secret) => inner(goJson(secret)),
  "in HCL": (secret) => inner(quote(secret)),
  "in JSON in JSON": (secret) => inner(JSON.stringify(inner(JSON.stringify(secret)))),
  "in the JSON of SQL": (secret) => inner(JSON.stringify(inner(literal(secret).slice(1)))),
  "in SQL": (secret) => secret.replaceAll("'", "''"),
  "in SQL with escapes": (secret) => inner(literal(secret).slice(1)),
  "in base64": (secret) => Buffer.from(secret).toString("base64"),
  "in base64 without padding": (secret) =>
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  "in base64 for URLs": (secret) => Buffer.from(secret).toString("base64url"),
};

for (const [name, form] of Object.entries(FORMS)) {
  Deno.test(`redactor() hides a secret ${name}`, () => {
    const text = `before ${form(SECRET)} after`;
    assert.equal(redactor([SECRET]).redact(text), "before **** after");
  });
}

Deno.test("redactor() lets no form of any secret through", () => {
  const secret = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(secret, { minLength: 1, maxLength: 2 }), (secrets) => {
      // What stands around must not hold a secret by chance.
      const text = secrets.flatMap((own) => Object.values(FORMS).map((form) => form(own)))
        .map((form) => `\u2603 ${form} \u2603`).join("\n");
      const { redact } = redactor(secrets);
      const hidden = redact(text).replaceAll("****", "\u2603");
      fc.pre(secrets.every((own) => !"\u2603 \n".includes(own)));
      for (const own of secrets) {
        for (const [name, form] of Object.entries(FORMS)) {
          assert.ok(!hidden.includes(form(own)), `${JSON.stringify(own)} ${name}: ${hidden}`);
        }
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("redactor() hides a secret in the middle of what base64 has packed", () => {
  const secret = fc.string({ unit: "grapheme", minLength: 4, maxLength: 12 });
  const bytes = fc.uint8Array({ maxLength: 5 });
  fc.assert(
    fc.property(secret, bytes, bytes, (own, before, after) => {
      const all = Buffer.concat([before, Buffer.from(own), after]);
      for (const text of [all.toString("base64"), all.toString("base64url")]) {
        const hidden = redactor([own]).redact(text);
        assert.match(hidden, /\*{4}/, `${JSON.stringify(own)}: ${text}`);
        const rest = hidden.replaceAll("****", "").replace(/=+$/, "");
        // Of the secret at most some bits of its first and its last byte.
        const others = Math.ceil(before.length * 4 / 3) + Math.ceil(after.length * 4 / 3);
        assert.ok(rest.length <= others + 2, `${JSON.stringify(own)}: ${hidden}`);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("redactor() hides the lines of a key, also alone", async () => {
  const key = await Deno.readTextFile("tests/testdata/vault_tls/client.key");
  const { redact } = redactor([key]);
  const [begin = "", ...lines] = key.trim().split("\n");
  for (const line of lines.slice(0, -1)) {
    assert.equal(redact(`bad line "${line}"`), 'bad line "****"');
  }
  assert.equal(redact(begin), begin);
  assert.equal(redact(`a ${key}b`), "a ****b");
});

Deno.test("redactor() hides the lines of a short secret, in every form", () => {
  const { redact } = redactor(["p@"]);
  assert.equal(redact("one\nuser p@ host\ntwo"), "one\n****\ntwo");
  assert.equal(redact("url x:p%40@host\ntwo"), "****\ntwo");
  assert.equal(redact("nothing"), "nothing");
  assert.equal(redactor(["a"]).redact("say\nit"), "****\nit");
  assert.equal(redactor(["\n"]).redact("a\nb"), "a****b");
});

Deno.test("redactor() leaves no rest of a secret that holds another", () => {
  const { redact } = redactor(["hunter", "hunter22"]);
  assert.equal(redact("hunter22 hunter"), "**** ****");
  assert.equal(redactor(["hunter22", "hunter"]).redact("hunter22"), "****");
});

Deno.test("redactor() takes time in proportion to runs of what is doubled", () => {
  const secrets = ["'", "\\", "$", "%", '"', "'\\", "%2"].map((part) => `${part.repeat(40)}x`);
  const { redact } = redactor(secrets);
  // Tried in every way, this would not end.
  for (const secret of secrets) {
    const text = secret.slice(0, -1).repeat(20);
    assert.equal(redact(`${text}y`), `${text}y`);
    assert.equal(redact(`a${secret}`).includes(secret), false);
  }
});

Deno.test("redactor() takes half a character for one", () => {
  assert.equal(redactor(["abc\ud800"]).redact("abc\ud800 abc"), "**** abc");
});

Deno.test("redactor() hides every place, and nothing without a secret", () => {
  assert.equal(redactor(["hunter"]).redact("hunter:hunter\nhunter"), "****:****\n****");
  assert.equal(redactor([]).redact("text"), "text");
  assert.equal(redactor([""]).redact("text"), "text");
});
