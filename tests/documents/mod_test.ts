import assert from "node:assert/strict";
import { DOCUMENTS } from "../../src/documents/mod.ts";
import { GENMIGRATE_COMMANDS, MIGRATE_COMMANDS } from "../../src/documents/error.ts";
import { createCheckout } from "../harness/checkout.ts";
import { configFile } from "../harness/config.ts";
import { checkDocument, type Document, isValid } from "../harness/documents.ts";
import { createDatabase, databaseAt, type TestDatabase } from "../harness/postgres.ts";
import { atlasFolder } from "../harness/processes.ts";
import { genmigrate, migrate } from "../harness/program.ts";
import { createSeveral } from "../harness/several.ts";
import { migrationsFolder } from "../harness/run.ts";
import { toolTest } from "../harness/tools.ts";

const FILES = {
  "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n",
  "silver/0002_b.sql": "-- atlas:txmode none\n\ncreate schema silver;\nselect 1/0;\n",
  "gold/0003_c.sql": "create schema gold;\n",
};

/** A document as the program printed it; the harness has held it against the schema. */
async function document(
  db: TestDatabase,
  args: readonly string[],
  files: Readonly<Record<string, string>> = FILES,
): Promise<Document> {
  await using config = await configFile(db.database);
  await using folder = await migrationsFolder(files);
  const target = ["--config", config.path, "--migrations", folder.path];
  return JSON.parse((await migrate([...args, "--json", ...target])).out);
}

/** One real document of each kind, the failed ones too. */
async function collect(): Promise<readonly Document[]> {
  await using db = await createDatabase();
  const good = { ...FILES, "silver/0002_b.sql": "create schema silver;\n" };
  const changed = { ...FILES, "bronze/0001_a.sql": "create schema bronze;\n" };
  const failed = [
    await document(db, ["status"]),
    await document(db, ["plan"]),
    await document(db, ["apply"]),
    await document(db, ["status"]),
    await document(db, ["verify"]),
    await document(db, ["history"]),
    await document(db, ["plan"], changed),
    await document(db, ["resolve", "0002", "--applied"]),
    await document(db, ["resolve", "0002", "--rolled-back", "--yes"]),
  ];
  await using fresh = await createDatabase();
  const done = [
    await document(fresh, ["apply"], good),
    await document(fresh, ["apply"], good),
    await document(fresh, ["status"], good),
    await document(fresh, ["plan"], good),
    await document(fresh, ["verify"], good),
    await document(fresh, ["baseline", "0001", "--yes"], good),
  ];
  await using built = await createDatabase();
  const taken = await document(built, ["baseline", "0002", "--yes"], good);
  const version = JSON.parse((await migrate(["version", "--json"])).out);
  return [...failed, ...done, taken, version, ...await collectLists()];
}

/** One real document of several databases for each command, with failed and skipped ones. */
async function collectLists(): Promise<readonly Document[]> {
  await using several = await createSeveral(1, { more: ["no_such_database", "nor_this"] });
  await using folder = await migrationsFolder(FILES);
  const documents: Document[] = [];
  for (const call of ["status", "apply --fail-fast", "plan", "verify", "history"]) {
    const [command = "", ...flags] = call.split(" ");
    const args = [command, ...flags, "--json", "--config", several.config];
    const run = await migrate([...args, "--migrations", folder.path]);
    documents.push(JSON.parse(run.out));
  }
  return documents;
}

Deno.test("every document of migrate is as its schema says, and no spoiled one is", async () => {
  const documents = await collect();
  const kinds = new Set(
    documents.map(({ command, databases, status }) =>
      `${command} ${status}${databases === undefined ? "" : " list"}`
    ),
  );
  assert.deepEqual([...kinds].toSorted(), [
    "apply applied",
    "apply failed",
    "apply failed list",
    "apply nothing_pending",
    "baseline failed",
    "baseline recorded",
    "history failed list",
    "history ok",
    "plan failed",
    "plan failed list",
    "plan nothing_pending",
    "plan pending",
    "resolve failed",
    "resolve rolled_back",
    "status differs",
    "status failed list",
    "status up_to_date",
    "verify differs",
    "verify failed list",
    "verify ok",
    "version ok",
  ]);
  for (const document of documents) {
    for (const [how, spoiled] of spoil(document)) {
      assert.equal(
        await isValid("migrate", spoiled),
        false,
        `taken, with ${how}: ${JSON.stringify(spoiled, null, 2)}`,
      );
    }
  }
});

/** The document with one thing wrong, for each thing that can be. */
function* spoil(document: Document): Generator<readonly [string, unknown]> {
  for (const key of Object.keys(document)) {
    const { [key]: _, ...rest } = document;
    yield [`"${key}" gone`, rest];
    yield [`"${key}" of another type`, { ...document, [key]: { wrong: true } }];
  }
  for (const at of objectsIn(document)) {
    // A table by code may have others.
    yield [`more in ${at.join(".")}`, edited(document, at, (found) => ({ ...found, more: 1 }))];
    for (const code of ["code", "state", "rule", "effect", "kind", "status"]) {
      const wrong = edited(
        document,
        at,
        (found) => typeof found[code] === "string" ? { ...found, [code]: "nonsense" } : undefined,
      );
      if (wrong !== undefined) yield [`a wrong ${code} in ${at.join(".")}`, wrong];
    }
  }
}

type Path = readonly (string | number)[];

function* objectsIn(value: unknown, at: Path = []): Generator<Path> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield at;
  for (const [key, child] of Object.entries(value)) yield* objectsIn(child, [...at, key]);
}

/** A copy with the object at a place replaced; nothing where there is nothing to replace. */
function edited(
  document: Document,
  at: Path,
  change: (found: Record<string, unknown>) => unknown,
): unknown {
  const [key, ...rest] = at;
  if (key === undefined) return change({ ...document });
  const copy = structuredClone(document) as Record<string | number, unknown>;
  const child = edited(copy[key] as Document, rest, change);
  if (child === undefined) return undefined;
  copy[key] = child;
  return copy;
}

const REFUSALS: readonly (readonly [readonly string[], string | null, string])[] = [
  [["--nope"], "apply", "usage"],
  [["status", "--nope"], "status", "usage"],
  [["resolve"], "resolve", "usage"],
  [["wait", "--nope"], "wait", "usage"],
  [["plan", "--config", "/nowhere.yaml"], "plan", "config_missing"],
  [
    ["history", "--migrations", "/nowhere", "--config", "deno.json"],
    "history",
    "dsn_not_configured",
  ],
];

for (const [args, command, code] of REFUSALS) {
  Deno.test(`migrate ${args.join(" ")} --json: ${code}, with the command it is about`, async () => {
    const failure = JSON.parse((await migrate([...args, "--json"])).out);
    assert.deepEqual([failure.command, failure.status, failure.error.code], [
      command,
      "failed",
      code,
    ]);
  });
}

Deno.test("a document of a server that is not there is as the schema says", async () => {
  await using config = await configFile(databaseAt("x", { host: "127.0.0.1", port: 1 }));
  const { out } = await migrate(["verify", "--json", "-c", config.path]);
  const { command, error } = JSON.parse(out);
  assert.deepEqual([command, error.code], ["verify", "connection_refused"]);
});

toolTest("atlas", "the documents of genmigrate check are as the schema says", async () => {
  await using checkout = await createCheckout({ "bronze/0001_a.sql": "create schema bronze;\n" });
  await checkout.declare("bronze", "create schema bronze;\n");
  await using config = await configFile(checkout.db.database);
  const env = { PATH: await atlasFolder(config.folder) };
  const args = ["check", "--schema", checkout.schema, "--out", checkout.out, "-c", config.path];
  const wrong = JSON.parse((await genmigrate([...args, "--json"], env)).out);
  assert.equal(wrong.status, "wrong");
  assert.equal(wrong.checks[1].findings[0].code, "embed_stale");
  assert.equal(await isValid("genmigrate", { ...wrong, more: 1 }), false);
  assert.equal((await genmigrate(["hash", "--out", checkout.out], env)).code, 0);
  assert.equal(JSON.parse((await genmigrate([...args, "--json"], env)).out).status, "ok");
  const lost = JSON.parse((await genmigrate([...args, "--json", "--base", "none"], env)).out);
  assert.deepEqual([lost.command, lost.status], ["check", "failed"]);
});

Deno.test("the commands of a failure are those of the programs", async () => {
  for (
    const [run, commands] of [[migrate, MIGRATE_COMMANDS], [
      genmigrate,
      GENMIGRATE_COMMANDS,
    ]] as const
  ) {
    const { out } = await run(["--help"]);
    const [, list = ""] = /\nCommands:\n([^]*?)\n\n/.exec(out) ?? [];
    const names = [...list.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name);
    assert.deepEqual(names.toSorted(), [...commands].toSorted());
  }
});

Deno.test("checkDocument() refuses a document that no program prints", async () => {
  await assert.rejects(checkDocument("migrate", { command: "version" }));
  await assert.rejects(checkDocument("migrate", { command: "nothing" }));
  assert.deepEqual(Object.keys(DOCUMENTS), ["migrate", "genmigrate"]);
});

toolTest(
  "jq",
  "the README's example picks the pending versions out of the document",
  async (jq) => {
    const readme = await Deno.readTextFile("README.md");
    const [, filter] = /^deno task -q migrate status --json \| jq -r '(.*)'$/m.exec(readme) ?? [];
    assert.ok(filter !== undefined);
    await using db = await createDatabase();
    const child = new Deno.Command(jq, { args: ["-r", filter], stdin: "piped", stdout: "piped" })
      .spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(JSON.stringify(await document(db, ["status"]))));
    await writer.close();
    const { stdout } = await child.output();
    assert.equal(new TextDecoder().decode(stdout), "0001\n0002\n0003\n");
  },
);
