import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { Database } from "../../src/database.ts";
import { type ErrorCode, MigrateError } from "../../src/errors.ts";
import { identifier } from "../../src/postgres/quote.ts";
import { Session } from "../../src/postgres/session.ts";
import { everythingIn } from "../harness/settings.ts";
import { administer, createDatabase, databaseAt } from "../harness/postgres.ts";

const PASSWORD = "Zq7planted";

/** Connects, and must fail: with a code, a sentence, a hint, and never the password. */
async function fails(
  changes: Partial<Database>,
  expected: { readonly code: ErrorCode; readonly message: RegExp; readonly hint: RegExp },
): Promise<void> {
  const database = databaseAt(changes.dbname ?? "postgres", { password: PASSWORD, ...changes });
  const error = await Session.open(database, {
    redact: (text) => text,
    signal: new AbortController().signal,
  }).then(() => assert.fail("was let in"), (error: unknown) => error);
  assert.ok(error instanceof MigrateError, String(error));
  assert.equal(error.code, expected.code, error.message);
  assert.match(error.message, expected.message);
  assert.match(error.hint ?? "", expected.hint);
  assert.doesNotMatch(everythingIn(error), /Zq7planted/);
}

Deno.test("toConnectError() names an address where nothing listens", async () => {
  await fails({ port: 1 }, {
    code: "connection_refused",
    message: /^Cannot connect to postgres@127\.0\.0\.1:1\/postgres: connection refused$/,
    hint: /database\.port, and that PostgreSQL is running/,
  });
});

Deno.test("toConnectError() names a name with several addresses where nothing listens", async () => {
  await fails({ host: "localhost", port: 1 }, {
    code: "connection_refused",
    message: /: connection refused$/,
    hint: /database\.host/,
  });
});

Deno.test("toConnectError() names a host that nobody knows", async () => {
  await fails({ host: "no-such-host.invalid" }, {
    code: "host_unknown",
    message: /postgres@no-such-host\.invalid:\d+\/postgres: the host name/,
    hint: /database\.host/,
  });
});

Deno.test("toConnectError() names a Unix socket that is not there", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const missing = {
    code: "socket_missing",
    message: /: there is no such Unix socket$/,
    hint: /the socket's directory/,
  } as const;
  await fails({ host: "/nowhere" }, missing);
  await fails({ host: "/etc/passwd" }, missing);
  await fails({ host: `/${"long/".repeat(40)}` }, {
    code: "connection_failed",
    message: /the system does not take the address/,
    hint: /Shorten database\.host/,
  });
});

Deno.test("toConnectError() gives the line that creates a missing database", async () => {
  const dbname = `no "such" ${crypto.randomUUID()}`;
  await fails({ dbname }, {
    code: "database_missing",
    message: /database "no "such" .*" does not exist$/,
    hint: new RegExp(`^Create it: CREATE DATABASE "no ""such"" ${dbname.slice(-36)}";$`),
  });
});

Deno.test("toConnectError() names a server without TLS where TLS is demanded", async () => {
  for (const sslmode of ["require", "verify-ca", "verify-full"] as const) {
    await fails({ sslmode }, {
      code: "tls_refused",
      message: /the server does not offer TLS$/,
      hint: /set database\.sslmode to disable/,
    });
  }
});

Deno.test("toConnectError() names what the role may not do", async () => {
  await using db = await createDatabase();
  await using role = await createRole("login");
  await db.sql(`revoke connect on database ${db.name} from public`);
  await fails({ dbname: db.name, user: role.name }, {
    code: "permission_denied",
    message: /permission denied for database/,
    hint: new RegExp(`GRANT CONNECT ON DATABASE "${db.name}" TO ${identifier(role.name)};$`),
  });
  await fails({ user: role.name, role: "pg_monitor" }, {
    code: "permission_denied",
    message: /permission denied to set role "pg_monitor"/,
    hint: new RegExp(`GRANT "pg_monitor" TO ${identifier(role.name)};$`),
  });
});

Deno.test("toConnectError() names a start-up parameter that the server refuses", async () => {
  await fails({ role: "no_such_role" }, {
    code: "login_refused",
    message: /"no_such_role"/,
    hint: /database\.role and database\.search_path/,
  });
});

Deno.test("toConnectError() names a role that nobody knows, or may not log in", async () => {
  await using role = await createRole("nologin");
  for (const user of [role.name, "no_such_role"]) {
    await fails({ user }, { code: "login_refused", message: /role/, hint: /database\.user/ });
  }
});

Deno.test("toConnectError() names a server that has no connection left", async () => {
  await using role = await createRole("login connection limit 0");
  await fails({ user: role.name }, {
    code: "too_many_connections",
    message: /too many connections/,
    hint: /CONNECTION LIMIT/,
  });
});

Deno.test("toConnectError() names a server that says nothing", async () => {
  await using silent = await listener("");
  for (const sslmode of ["disable", "prefer", "verify-full"] as const) {
    await fails({ ...silent.address, sslmode, connectTimeoutMs: 200 }, {
      code: "connection_timeout",
      message: /: no answer within 0\.2 s$/,
      hint: /raise database\.connect_timeout/,
    });
  }
});

const OTHERS: Readonly<Record<string, string>> = {
  "a web server": "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
  "a shell server": "SSH-2.0-OpenSSH_9.2\r\n",
  "another database": "J\0\0\0\n8.0.1\0",
  "zeros": "\0".repeat(50),
  "half a message": "E\xff\xff\xff\xff",
};

for (const [name, greeting] of Object.entries(OTHERS)) {
  Deno.test(`toConnectError() names ${name} in the place of PostgreSQL`, async () => {
    await using other = await listener(greeting);
    for (const sslmode of ["disable", "prefer", "require"] as const) {
      await fails({ ...other.address, sslmode }, {
        code: "not_postgres",
        message: /what answers there is not PostgreSQL$/,
        hint: /database\.port/,
      });
    }
  });
}

/** Something on loopback that answers whatever it is sent with one text. */
async function listener(answer: string) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => answer !== "" && socket.write(answer, "latin1"));
    sockets.push(() => socket.destroy());
  });
  const sockets: (() => void)[] = [];
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    address: { host: "127.0.0.1", port },
    async [Symbol.asyncDispose]() {
      for (const destroy of sockets) destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A role without a password, gone at the end of the scope. */
async function createRole(options: string): Promise<AsyncDisposable & { readonly name: string }> {
  const name = `r_${crypto.randomUUID()}`;
  await administer(`create role ${identifier(name)} ${options}`);
  return {
    name,
    async [Symbol.asyncDispose]() {
      await administer(`drop role ${identifier(name)}`);
    },
  };
}
