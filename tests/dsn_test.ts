import assert from "node:assert/strict";
import fc from "fast-check";
import { type Database, SSL_MODES } from "../src/database.ts";
import { describeDatabase, encode, toPostgresUrl } from "../src/dsn.ts";

const PLAIN: Database = {
  host: "db.example.net",
  port: 5432,
  user: "hotpot",
  dbname: "hotpot",
  sslmode: "require",
  connectTimeoutMs: 10_000,
  applicationName: "hotpot-migrate/0.1.0",
};

const url = (changes: Partial<Database>) => toPostgresUrl({ ...PLAIN, ...changes });

Deno.test("toPostgresUrl() writes every part, and always the sslmode", () => {
  assert.equal(
    url({ password: "secret" }),
    "postgres://hotpot:secret@db.example.net:5432/hotpot?sslmode=require&connect_timeout=10&application_name=hotpot-migrate%2F0.1.0",
  );
});

Deno.test("toPostgresUrl() writes no colon without a password", () => {
  assert.match(url({}), /^postgres:\/\/hotpot@db\.example\.net:5432\//);
});

Deno.test("toPostgresUrl() survives a password made of separators", () => {
  assert.match(
    url({ password: `:/?#[]@!$&'()*+,;=%"\\ \${x} %{y} é😀` }),
    /^postgres:\/\/hotpot:%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25%22%5C%20%24%7Bx%7D%20%25%7By%7D%20%C3%A9%F0%9F%98%80@/,
  );
});

Deno.test("toPostgresUrl() puts IPv6 addresses in brackets, and IPv4 addresses not", () => {
  assert.match(url({ host: "::1" }), /@\[::1\]:5432\//);
  assert.match(url({ host: "10.0.0.1" }), /@10\.0\.0\.1:5432\//);
});

Deno.test("toPostgresUrl() gives the folder of a socket as a parameter, where there is no TLS", () => {
  assert.match(
    url({ host: "/run/post gres", sslmode: "verify-full" }),
    /@\/hotpot\?host=%2Frun%2Fpost%20gres&port=5432&sslmode=disable&/,
  );
});

Deno.test("toPostgresUrl() passes on files, role and search path", () => {
  const { searchParams } = new URL(url({
    sslrootcert: "/etc/ca &.pem",
    sslcert: "/c+d.pem",
    sslkey: "/k=1.key",
    role: "own er",
    searchPath: 'bronze, "a\\b"',
  }));
  assert.deepEqual(Object.fromEntries(searchParams), {
    sslmode: "require",
    sslrootcert: "/etc/ca &.pem",
    sslcert: "/c+d.pem",
    sslkey: "/k=1.key",
    connect_timeout: "10",
    application_name: "hotpot-migrate/0.1.0",
    options: '-csearch_path=bronze,\\ "a\\\\b"',
    role: "own er",
  });
});

Deno.test("toPostgresUrl() never rounds a timeout down to none", () => {
  assert.match(url({ connectTimeoutMs: 1 }), /connect_timeout=1&/);
  assert.match(url({ connectTimeoutMs: 1_001 }), /connect_timeout=2&/);
});

Deno.test("toPostgresUrl() says in every part what the settings say", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 })
    .filter((value) => value.isWellFormed());
  const databases = fc.record<Database>({
    host: fc.oneof(fc.domain(), fc.ipV4(), fc.constant("::1"), fc.constant("2001:db8::5")),
    port: fc.integer({ min: 1, max: 65_535 }),
    user: text,
    password: text,
    dbname: text,
    sslmode: fc.constantFrom(...SSL_MODES),
    sslrootcert: text,
    connectTimeoutMs: fc.integer({ min: 1, max: 100_000 }),
    applicationName: text,
    role: text,
  });
  fc.assert(
    fc.property(databases, (database) => {
      const parsed = new URL(toPostgresUrl(database));
      assert.deepEqual(
        {
          protocol: parsed.protocol,
          host: parsed.hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase(),
          port: parsed.port,
          user: decodeURIComponent(parsed.username),
          password: decodeURIComponent(parsed.password),
          dbname: decodeURIComponent(parsed.pathname.slice(1)),
          hash: parsed.hash,
        },
        {
          protocol: "postgres:",
          host: database.host.toLowerCase(),
          port: String(database.port),
          user: database.user,
          password: database.password,
          dbname: database.dbname,
          hash: "",
        },
      );
      for (
        const [name, value] of [
          ["sslmode", database.sslmode],
          ["sslrootcert", database.sslrootcert],
          ["application_name", database.applicationName],
          ["role", database.role],
        ] as const
      ) {
        assert.equal(parsed.searchParams.get(name), value);
      }
    }),
    { seed: 20261122 },
  );
});

Deno.test("encode() leaves nothing that a URL, HCL or a shell could read", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.match(encode(text), /^(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*$/);
      assert.equal(decodeURIComponent(encode(text)), text);
    }),
    { seed: 20261122 },
  );
});

Deno.test("describeDatabase() says where, and not with which password", () => {
  const password = "planted";
  assert.equal(
    describeDatabase({ ...PLAIN, password }),
    "hotpot@db.example.net:5432/hotpot",
  );
  assert.equal(describeDatabase({ ...PLAIN, password, host: "::1" }), "hotpot@[::1]:5432/hotpot");
  assert.equal(
    describeDatabase({ ...PLAIN, password, host: "/run/postgresql" }),
    "hotpot@/run/postgresql:5432/hotpot",
  );
});
