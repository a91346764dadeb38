import assert from "node:assert/strict";
import { join } from "node:path";
import { findAtlas, quietEnvironment } from "../src/atlas/program.ts";
import { environmentFlag, GO_VARIABLES, type Variable, VARIABLES } from "../src/environment.ts";
import { folderOf } from "./harness/atlas.ts";
import { migrate } from "./harness/program.ts";

Deno.test("VARIABLES names no variable twice", () => {
  const names = VARIABLES.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
});

Deno.test("VARIABLES stand in the permissions of the task and in the README", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
  const flag = /--allow-env=(\S+)/.exec(tasks.migrate.command)?.[1]?.split(",");
  assert.deepEqual(flag, namesOf("migrate"));
  assert.match(tasks.migrate.command, / --ignore-env /);
  const readme = await Deno.readTextFile("README.md");
  for (const { fallback = "", meaning, name } of VARIABLES) {
    const row = readme.split("\n").find((line) =>
      /^\| `[^|]*`/.test(line) && (line.split("|")[1] ?? "").includes(`\`${name}\``)
    );
    assert.ok(row !== undefined, `${name} is not in the README`);
    assert.ok(row.includes(meaning) && row.includes(fallback), row);
  }
});

Deno.test("environmentFlag() holds the variables of one program", () => {
  for (const program of ["migrate", "genmigrate"] as const) {
    assert.equal(environmentFlag(program), `--allow-env=${namesOf(program).join(",")}`);
  }
  assert.ok(!environmentFlag("genmigrate").includes("MIGRATE_"));
});

Deno.test("VARIABLES hold every name that the sources mention, and no other", async () => {
  const text = (await sources("src")).join("\n");
  const mentioned = [...text.matchAll(/(?:\benv|Deno\.env\.get)[[(]\s*"([^"]+)"/g)].map(
    ([, name = ""]) => name,
  );
  assert.ok(mentioned.includes("CONFIG_SOURCE") && mentioned.includes("NO_COLOR"));
  assertListed(mentioned);
  const read = new Set((await namesRead()).map(key));
  for (const { name } of VARIABLES) {
    // What Go may need is handed on as one list.
    const used = read.has(key(name)) || text.toUpperCase().includes(`"${key(name)}"`) ||
      GO_VARIABLES.includes(name);
    assert.ok(used, `${name} is read nowhere`);
  }
});

Deno.test("VARIABLES hold every name that a run reads", async () => {
  const names = await namesRead();
  for (const name of ["CONFIG_FILE", "MIGRATE_ENGINE", "MIGRATE_LOCK_TIMEOUT", "PATH", "TERM"]) {
    assert.ok(names.includes(name), `${name} was not read: does the test still reach it?`);
  }
  assertListed(names);
});

/** The names that a run asks for until it finds that nobody listens, and those Atlas is given. */
async function namesRead(): Promise<readonly string[]> {
  await using folder = await folderOf({
    "config.yaml": "database: {host: 127.0.0.1, port: 1, user: x, password: y, dbname: z}\n",
  });
  const names = new Set<string>();
  const env = new Proxy<Record<string, string>>({
    CONFIG_FILE: join(folder.path, "config.yaml"),
    MIGRATE_ENGINE: "auto",
  }, {
    get(target, name) {
      names.add(String(name));
      return target[String(name)];
    },
    ownKeys: () => assert.fail("the whole environment was read"),
  });
  const { code, err } = await migrate([], env);
  assert.equal(code, 1, err);
  assert.match(err, /connection_refused/);
  await findAtlas(env);
  quietEnvironment(env);
  return [...names];
}

function assertListed(names: readonly string[]): void {
  const listed = VARIABLES.map(({ name }) => key(name));
  for (const name of names) assert.ok(listed.includes(key(name)), `${name} is not in VARIABLES`);
}

/** Windows writes `Path`, and takes any case for the same name. */
function key(name: string): string {
  return name.toUpperCase();
}

function namesOf(program: Variable["programs"][number]): readonly string[] {
  return VARIABLES.filter(({ programs }) => programs.includes(program)).map(({ name }) => name);
}

async function sources(folder: string): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) texts.push(...await sources(path));
    else if (path !== "src/environment.ts") texts.push(await Deno.readTextFile(path));
  }
  return texts;
}
