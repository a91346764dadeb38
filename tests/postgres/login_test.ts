import assert from "node:assert/strict";
import fc from "fast-check";
import type { Database } from "../../src/database.ts";
import { MigrateError } from "../../src/errors.ts";
import { identifier, literal } from "../../src/postgres/quote.ts";
import { Session } from "../../src/postgres/session.ts";
import { redactor } from "../../src/redact.ts";
import { atlas } from "../harness/atlas.ts";
import { everythingIn } from "../harness/settings.ts";
import { administer, databaseAt } from "../harness/postgres.ts";
import { tools } from "../harness/tools.ts";

const PRINTABLE = Array.from({ length: 95 }, (_, code) => String.fromCharCode(32 + code)).join("");

const nasty = fc.constantFrom(
  ...['"', "'", "%", "%41", "${x}", "%{x}", "\\", "/", "?", "#", "@", ":", "&", "=", "+", " "],
  ...["😀", "é", "[", "]", ",", ";", "|", "<", ">", "`", "\t", "\n", "a", "Z", "0"],
);

const passwords = fc.oneof(
  fc.constantFrom(PRINTABLE, "x", "'", "%", " ", "\\", "0", "p".repeat(1_000)),
  fc.array(nasty, { minLength: 1, maxLength: 30 }).map((parts) => parts.join("")),
  fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 40 }),
);

/** The end of a name, short enough for PostgreSQL's 63 bytes. */
const names = fc.oneof(
  fc.constantFrom(PRINTABLE.slice(0, 48), PRINTABLE.slice(48)),
  fc.array(nasty, { maxLength: 6 }).map((parts) => parts.join("")),
);

const DATABASES = ["", PRINTABLE.slice(0, 48), PRINTABLE.slice(48), "${x}%{y}%41\\", "é😀\n\t"];

Deno.test("any password logs any role into any database, through both engines", async () => {
  await using databases = new AsyncDisposableStack();
  const created: { readonly name: string }[] = [];
  for (const end of DATABASES) created.push(databases.use(await createOdd("database", { end })));
  await fc.assert(
    fc.asyncProperty(
      passwords,
      names,
      fc.constantFrom(...created),
      async (password, end, { name: dbname }) => {
        await using role = await createOdd("role", { end, password });
        const database = databaseAt(dbname, { user: role.name, password });
        await using session = await open(database);
        const [row] = await session.query(
          "select current_user::text as user, current_database() as dbname",
        );
        assert.deepEqual(row, { user: role.name, dbname });
        if (tools.atlas === undefined) return;
        const run = await atlas(["schema", "inspect", "--format", "ok"], { database });
        assert.equal(run.code, 0, run.stderr);
      },
    ),
    { numRuns: 25, seed: 20261122 },
  );
});

Deno.test("a wrong password is refused by both engines, and shown by neither", async () => {
  await using role = await createOdd("role", { end: "", password: "right" });
  for (const wrong of ["Zq7planted%'\"\\x", "", undefined]) {
    const database = databaseAt("postgres", {
      user: role.name,
      ...(wrong === undefined ? {} : { password: wrong }),
    });
    const error = await open(database).then(
      () => assert.fail("was let in"),
      (error: unknown) => error,
    );
    assert.ok(error instanceof MigrateError, String(error));
    assert.equal(error.code, "login_refused", error.message);
    assert.match(error.hint ?? "", /database\.password/);
    assert.doesNotMatch(everythingIn(error), /Zq7planted/);
    if (tools.atlas === undefined) continue;
    const run = await atlas(["schema", "inspect", "--format", "ok"], { database });
    assert.notEqual(run.code, 0);
    assert.doesNotMatch(run.stdout + run.stderr, /Zq7planted/);
  }
});

Deno.test("a password that the server has normalised is refused with the way out", async () => {
  const password = "o\ufb03ce e\u0301";
  await using role = await createOdd("role", { end: "", password });
  const as = (password: string) => open(databaseAt("postgres", { user: role.name, password }));
  await assert.rejects(as(password), (error) => {
    assert.equal((error as MigrateError).code, "login_refused");
    assert.match((error as MigrateError).hint ?? "", /NFKC: write it in that form$/);
    return true;
  });
  await using session = await as(password.normalize("NFKC"));
  assert.equal(session.lost, false);
});

/** A role or a database with an odd name, gone at the end of the scope. */
async function createOdd(
  kind: "role" | "database",
  options: { readonly end: string; readonly password?: string },
): Promise<AsyncDisposable & { readonly name: string }> {
  const { end, password } = options;
  // The server asks roles with this beginning for their passwords.
  const name = `${kind === "role" ? "scram" : "t"}_${crypto.randomUUID().slice(0, 8)}${end}`;
  const login = password === undefined ? "" : ` login password ${literal(password)}`;
  await administer(`create ${kind} ${identifier(name)}${login}`);
  return {
    name,
    async [Symbol.asyncDispose]() {
      await administer(`drop ${kind} ${identifier(name)}`);
    },
  };
}

function open(database: Database): Promise<Session> {
  const { redact } = redactor(database.password === undefined ? [] : [database.password]);
  return Session.open(database, { redact, signal: new AbortController().signal });
}
