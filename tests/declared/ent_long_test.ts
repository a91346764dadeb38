import assert from "node:assert/strict";
import { join } from "node:path";
import { findDeclarations, loadEnt } from "../../src/declared/mod.ts";
import { MigrateError } from "../../src/errors.ts";
import { redactor } from "../../src/redact.ts";
import { readCatalog } from "../harness/catalog.ts";
import { copyModule, go, type GoModule, goTest, readTree } from "../harness/go.ts";
import { createDatabase } from "../harness/postgres.ts";

const MACHINE = "silver/schema/machine.go";

goTest("loadEnt() turns the packages of a layer into DDL that PostgreSQL executes", async () => {
  await using module = await copyModule();
  await using database = await createDatabase();
  const before = await readTree(module.path);
  const ddl = await load(module);
  for (const text of ddl) await database.sql(text);
  const catalog = await readCatalog(database.sql, ["bronze", "silver"]);
  assert.deepEqual(
    [...catalog.keys()].filter((name) => name.startsWith("relation ")).sort(),
    [
      "relation bronze.aws_instances",
      "relation bronze.gcp_disks",
      "relation bronze.gcp_projects",
      "relation silver.addresses",
      "relation silver.machine_peers",
      "relation silver.machines",
    ],
  );
  const of = (name: string) => catalog.get(name)?.trim().replaceAll(/\s+/g, " ");
  assert.equal(
    of("column silver.machines.state"),
    "character varying t 'running'::character varying",
  );
  assert.equal(of("column silver.machines.labels"), "jsonb f '{}'::jsonb");
  assert.equal(
    of("column silver.machines.seen_at"),
    "timestamp with time zone t CURRENT_TIMESTAMP",
  );
  assert.equal(
    of("column silver.machines.note"),
    'text f what a person wrote; it may say "anything"',
  );
  assert.equal(of("column silver.addresses.ip"), "inet t");
  assert.match(of("index silver.machine_state_seen_at") ?? "", /\(state, seen_at\)/);
  assert.match(
    of("constraint silver.addresses.addresses_machines_addresses") ?? "",
    /REFERENCES silver\.machines\(id\) ON DELETE CASCADE/,
  );
  assert.doesNotMatch(ddl.join("\n"), /atlas:pos/);
  assert.ok(!ddl.join("\n").includes(module.path));
  assert.deepEqual(await readTree(module.path), before, "the module is unchanged");
  assert.deepEqual(await load(module), ddl, "a second time gives the same");
});

goTest(
  "loadEnt() completes a copy of go.sum when the generator's modules are missing",
  async () => {
    await using module = await copyWithoutGenerator();
    await assertUnchanged(module);
  },
);

goTest("loadEnt() leaves go.mod alone where GOFLAGS would have it changed", async () => {
  await using module = await copyWithoutGenerator();
  await assertUnchanged(module, { GOFLAGS: "-mod=mod" });
});

goTest(
  "loadEnt() keeps to vendored modules, and to those that are not vendored as well",
  async () => {
    await using full = await copyModule();
    await go(full.path, "mod", "vendor");
    await assertUnchanged(full, { GOFLAGS: "-mod=vendor -trimpath", GOPROXY: "off" });
    await using small = await copyModule({ "tools/tools.go": undefined });
    await go(small.path, "mod", "vendor");
    await assertUnchanged(small);
  },
);

goTest("loadEnt() leaves go.work.sum alone", async () => {
  await using module = await copyModule();
  const work = join(module.path, "go.work");
  await Deno.writeTextFile(work, "go 1.23\n\nuse .\n\nreplace example.com/other => ./other\n");
  await Deno.mkdir(join(module.path, "other"));
  await Deno.writeTextFile(join(module.path, "other/go.mod"), "module example.com/other\n");
  await Deno.remove(join(module.path, "go.sum"));
  await assertUnchanged(module);
});

goTest("loadEnt() loads what is internal to the project", async () => {
  await using module = await copyModule();
  const inner = join(module.path, "internal/storage");
  await Deno.mkdir(inner, { recursive: true });
  for (const layer of ["bronze", "silver"]) {
    await Deno.rename(join(module.path, layer), join(inner, layer));
  }
  const ddl = await load(module, { schema: inner });
  assert.match(ddl.join("\n"), /CREATE TABLE "silver"\."machines"/);
});

goTest("loadEnt() gives the types no credentials to see", async () => {
  const text = await Deno.readTextFile(`tests/testdata/ent/${MACHINE}`);
  await using module = await copyModule({
    [MACHINE]: text.replace("import (\n", 'import (\n\t"os"\n').replace(
      '"what a person wrote; it may say \\"anything\\""',
      'os.Getenv("PGPASSWORD") + os.Getenv("VAULT_TOKEN") + "nothing to see"',
    ),
  });
  const [, silver] = await load(module, { env: { PGPASSWORD: "secret", VAULT_TOKEN: "secret" } });
  assert.match(silver ?? "", /IS 'nothing to see'/);
});

goTest("loadEnt() shows no secret that the types find and tell", async () => {
  const secret = `planted"%${"pass"}\\word`;
  const goText = JSON.stringify(secret);
  const text = await Deno.readTextFile(`tests/testdata/ent/${MACHINE}`);
  const telling = [
    // a program that ends by itself, and one that panics
    [`println(${goText}); os.Exit(3)`, '"os"'],
    [`panic(errors.New("no " + url.QueryEscape(${goText})))`, '"errors"\n\t"net/url"'],
  ] as const;
  for (const [statement, imports] of telling) {
    await using module = await copyModule({
      [MACHINE]: `${
        text.replace("import (\n", `import (\n\t${imports}\n`)
      }\nfunc init() { ${statement} }\n`,
    });
    const error = await load(module, { layer: "silver", redact: redactor([secret]).redact })
      .then(() => undefined, (error) => error);
    assert.ok(error instanceof MigrateError && error.code === "ent_failed", String(error));
    const told = [error.message, ...error.details].join("\n");
    assert.match(told, /\*\*\*\*/);
    assert.doesNotMatch(told, /planted/);
  }
  // what ent itself reports of them
  await using module = await copyModule({
    [MACHINE]: text.replace("field.", `field.String(${goText}).Default(1), field.`)
      .replace('.Default("running")', '.Default("idle")'),
  });
  const error = await load(module, { layer: "silver", redact: redactor([secret]).redact })
    .then(() => undefined, (error) => error);
  assert.ok(error instanceof MigrateError, String(error));
  assert.doesNotMatch([error.message, ...error.details].join("\n"), /planted/);
});

goTest("loadEnt() leaves out packages for the clients, whose types name no schema", async () => {
  await using module = await copyModule({
    "bronze/gcp/schema/schemas_gen.go": `package schema

import "example.com/inventory/schema/gcp"

type Project struct{ gcp.Project }
type Disk struct{ gcp.Disk }
`,
  });
  const [bronze] = await load(module);
  assert.equal(bronze?.match(/CREATE TABLE/g)?.length, 3);
});

goTest("loadEnt() refuses types that name no PostgreSQL schema", async () => {
  await using module = await copyModule({
    "gold/report.go": `package gold

import "entgo.io/ent"

type Report struct{ ent.Schema }
`,
  });
  const error = await rejects(load(module, { layer: "gold" }));
  assert.equal(error.code, "ent_failed");
  assert.match(error.message, /1 of gold name no PostgreSQL schema/);
  assert.match(error.hint ?? "", /entsql\.Schema/);
  assert.deepEqual(error.details, ['example.com/inventory/gold: table "reports"']);
});

goTest("loadEnt() refuses a table that two packages declare", async () => {
  const text = await Deno.readTextFile(`tests/testdata/ent/${MACHINE}`);
  await using module = await copyModule({ "silver/copy/machine.go": text });
  const error = await rejects(load(module, { layer: "silver" }));
  assert.equal(error.code, "ent_failed");
  assert.ok(
    error.details.includes(
      "silver.machines: example.com/inventory/silver/copy and example.com/inventory/silver/schema",
    ),
    error.details.join("\n"),
  );
});

goTest("loadEnt() shows what the compiler says, with paths in the module", async () => {
  const text = await Deno.readTextFile(`tests/testdata/ent/${MACHINE}`);
  await using module = await copyModule({ [MACHINE]: text.replace("MaxLen(255)", "MaxLem(255)") });
  const error = await rejects(load(module, { layer: "silver" }));
  assert.equal(error.code, "ent_failed");
  assert.match(error.details.join("\n"), /^silver\/schema\/machine\.go:\d+:\d+: .*MaxLem/m);
  assert.ok(!error.details.join("\n").includes(module.path));
});

goTest("loadEnt() shows an import that the module does not have, and fetches nothing", async () => {
  const text = await Deno.readTextFile(`tests/testdata/ent/${MACHINE}`);
  await using module = await copyModule({
    [MACHINE]: text.replace("import (\n", 'import (\n\t_ "example.com/absent"\n'),
  });
  const error = await rejects(load(module, { layer: "silver" }));
  assert.equal(error.code, "ent_failed");
  assert.match(
    error.details.join("\n"),
    /silver\/schema\/machine\.go:\d+:\d+: .*example\.com\/absent/,
  );
});

goTest("loadEnt() shows syntax errors", async () => {
  await using module = await copyModule({
    "silver/schema/broken.go": "package schema\n\nfunc {\n",
  });
  const error = await rejects(load(module, { layer: "silver" }));
  assert.equal(error.code, "ent_failed");
  assert.match(error.details.join("\n"), /silver\/schema\/broken\.go:3:6/);
});

goTest("loadEnt() shows what ent refuses, and that edges stay inside their package", async () => {
  await using module = await copyModule({
    "gold/report.go": `package gold

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"example.com/inventory/silver/schema"
)

type Report struct{ ent.Schema }

func (Report) Edges() []ent.Edge {
	return []ent.Edge{edge.To("machines", schema.Machine.Type)}
}
`,
  });
  const error = await rejects(load(module, { layer: "gold" }));
  assert.equal(error.code, "ent_failed");
  assert.match(error.message, /ent refuses those of "example\.com\/inventory\/gold"/);
  assert.match(error.details.join("\n"), /Machine/);
  assert.match(error.hint ?? "", /own package/);
});

goTest("loadEnt() shows a panic of the types", async () => {
  await using module = await copyModule({
    "gold/report.go": `package gold

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
)

type Report struct{ ent.Schema }

func (Report) Annotations() []schema.Annotation { panic("no annotations today") }
`,
  });
  const error = await rejects(load(module, { layer: "gold" }));
  assert.equal(error.code, "ent_failed");
  assert.match(error.details.join("\n"), /no annotations today/);
});

goTest("loadEnt() says what is missing: the module, or ent in it", async () => {
  await using none = await copyModule({ "go.mod": undefined });
  assert.equal((await rejects(load(none))).code, "go_module_missing");
  await using bare = await copyModule({ "go.mod": "module example.com/inventory\n\ngo 1.23\n" });
  const error = await rejects(load(bare));
  assert.equal(error.code, "ent_missing");
  assert.match(error.hint ?? "", /go get entgo\.io\/ent/);
  await using several = await copyModule({ "bronze/aws/go.mod": "module example.com/aws\n" });
  const split = await rejects(load(several));
  assert.equal(split.code, "go_module_missing");
  assert.equal(split.details.length, 2);
});

goTest("loadEnt() stops on a signal, while Go builds and while the types run", async () => {
  const text = await Deno.readTextFile(`tests/testdata/ent/${MACHINE}`);
  await using module = await copyModule({
    [MACHINE]: text.replace("import (\n", 'import (\n\t"os"\n').replace(
      "func (Machine) Mixin() []ent.Mixin {\n",
      '$&\tos.WriteFile(os.TempDir()+"/runs", nil, 0o600)\n\ttime.Sleep(time.Hour)\n',
    ),
  });
  const builds = async () => {
    for await (const folder of Deno.readDir(module.temp)) {
      const names = await readNames(join(module.temp, folder.name));
      if (names.some((name) => name.startsWith("go-build"))) return true;
    }
    return false;
  };
  const runs = async () => (await readNames(module.temp)).includes("runs");
  for (const reached of [builds, runs]) {
    const stop = new AbortController();
    const loading = rejects(
      load(module, { layer: "silver", env: { TMPDIR: module.temp }, signal: stop.signal }),
    );
    while (!await reached()) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort("SIGINT");
    assert.equal((await loading).code, "interrupted");
    assert.deepEqual(await commandsWith(module.temp), []);
  }
});

/** A module whose requirements are those of its types alone. */
async function copyWithoutGenerator(): Promise<GoModule> {
  const sums = await Deno.readTextFile("tests/testdata/ent/go.sum");
  return await copyModule({
    "tools/tools.go": undefined,
    "go.mod": `module example.com/inventory

go 1.23

require (
	entgo.io/ent v0.14.5
	github.com/google/uuid v1.3.0 // indirect
)
`,
    "go.sum": sums.replaceAll(/^(?!entgo\.io\/ent|github\.com\/google\/uuid).*\n/gm, ""),
  });
}

/** Loads the layers of a module, one after the other. */
async function load(
  module: GoModule,
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly layer?: string;
    readonly schema?: string;
    readonly signal?: AbortSignal;
    readonly redact?: (text: string) => string;
  } = {},
): Promise<readonly string[]> {
  const { layer, redact = String, schema = module.path } = options;
  const { signal = new AbortController().signal } = options;
  const env = { ...Deno.env.toObject(), ...options.env };
  const result: string[] = [];
  for (const declaration of await findDeclarations(schema)) {
    if (layer !== undefined && declaration.layer !== layer) continue;
    result.push(await loadEnt(declaration, { env, redact, signal, temp: module.temp }));
  }
  return result;
}

async function assertUnchanged(
  module: GoModule,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const before = await readTree(module.path);
  const ddl = await load(module, { env });
  assert.match(ddl.join("\n"), /CREATE TABLE "silver"\."machines"/);
  assert.deepEqual(await readTree(module.path), before);
}

async function rejects(promise: Promise<unknown>): Promise<MigrateError> {
  const error = await promise.then(() => undefined, (reason: unknown) => reason);
  assert.ok(error instanceof MigrateError, String(error));
  return error;
}

async function readNames(folder: string): Promise<readonly string[]> {
  return await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
}

/** The command lines of processes that speak of a folder; empty where there is no /proc. */
async function commandsWith(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  if (Deno.build.os !== "linux") return found;
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const command = await Deno.readTextFile(`/proc/${name}/cmdline`);
      if (command.includes(folder)) found.push(command.replaceAll("\0", " "));
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}
