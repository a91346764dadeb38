import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { bundle } from "../../scripts/compile/bundle.ts";
import { permissionFlags, programNamed } from "../../scripts/compile/programs.ts";
import { GO_VARIABLES, VARIABLES } from "../../src/environment.ts";
import { folderForFile } from "../harness/compiled.ts";
import { createDatabase } from "../harness/postgres.ts";
import { makeSite, type Site } from "../harness/site.ts";
import { tools, toolTest } from "../harness/tools.ts";

const PROGRAM = programNamed("migrate");

let built: Promise<string> | undefined;

/** The program as plain JavaScript, made once for this file. */
function bundled(): Promise<string> {
  return built ??= folderForFile().then(async (folder) => {
    const stamp = { commit: undefined, epoch: 1_700_000_000 };
    return (await bundle(PROGRAM, { root: Deno.cwd(), folder, stamp })).entry;
  });
}

/** What stops working when a permission is taken away. */
interface Need {
  readonly permission: string;
  readonly what: string;
  readonly engine: "embedded" | "atlas";
}

const NEEDS: readonly Need[] = [
  { permission: "--allow-net", what: "nobody reaches the database", engine: "embedded" },
  { permission: "--allow-read", what: "nobody reads the configuration", engine: "embedded" },
  { permission: "--allow-write", what: "Atlas has no folder", engine: "atlas" },
  { permission: "--allow-run=atlas", what: "nobody starts Atlas", engine: "atlas" },
  { permission: "--allow-env", what: "CONFIG_FILE is not seen", engine: "embedded" },
  { permission: "--ignore-env", what: "the environment cannot be read", engine: "embedded" },
];

for (const { engine, permission, what } of NEEDS) {
  toolTest(
    engine === "atlas" ? "atlas" : [],
    `migrate without ${permission}: ${what}`,
    async () => {
      await using db = await createDatabase();
      const site = await makeSite(db.name);
      const flags = permissionFlags(PROGRAM, "linux");
      const fewer = flags.filter((flag) => flag.split("=")[0] !== permission.split("=")[0]);
      assert.equal(fewer.length, flags.length - 1);
      const refused = await runWith(fewer, site, engine);
      assert.notEqual(refused.code, 0);
      assert.equal((await db.sql("select 1 from pg_namespace where nspname = 'bronze'")).length, 0);
      const allowed = await runWith(flags, site, engine);
      assert.equal(allowed.code, 0, allowed.err);
    },
  );
}

Deno.test({
  name: "migrate says why it reads nothing below /dev, whatever the rights",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const site = await makeSite("x");
    const config = `/dev/shm/hotpot-test-${crypto.randomUUID()}.yaml`;
    await Deno.copyFile(site.config, config);
    try {
      const flags = permissionFlags(PROGRAM, "linux");
      const { code, err } = await runWith(flags, { ...site, config }, "embedded");
      assert.equal(code, 2);
      assert.match(
        err,
        /config_unreadable.* leads below \/dev, where this program may use no files/,
      );
      assert.doesNotMatch(err, /allow-all/);
    } finally {
      await Deno.remove(config);
    }
  },
});

Deno.test("each permission of migrate has a test that needs it", () => {
  assert.deepEqual(
    NEEDS.map(({ permission }) => permission),
    PROGRAM.permissions.map((flag) => flag.replace(/^(--allow-env)=.*/, "$1")),
  );
});

Deno.test("each variable that the sources name stands in the table, and none besides", async () => {
  const known = VARIABLES.map(({ name }) => name);
  const named = new Set<string>();
  for await (const text of sources("src")) {
    for (const [, name = ""] of text.matchAll(/\benv\[\s*"(\w+)"\s*\]/g)) {
      // Windows spells PATH so; there names have no case.
      assert.ok(name === "Path" || known.includes(name), name);
    }
    for (const [, name = ""] of text.matchAll(/"([A-Z]+_[A-Z_]+)"/g)) {
      if (/^(?:VAULT|MIGRATE|CONFIG|ACTIONS|GITHUB)_/.test(name)) {
        assert.ok(known.includes(name), name);
      }
    }
    for (const [name = ""] of text.matchAll(/\b[A-Za-z_]{2,}\b/g)) named.add(name);
  }
  for (const name of known) {
    // Go's and those in small letters come from lists that are made of others.
    if (GO_VARIABLES.includes(name) || name.toLowerCase() === name) continue;
    const key = name.replace(/^MIGRATE_/, "").toLowerCase();
    assert.ok(named.has(name) || named.has(key), `nothing reads ${name}`);
  }
});

for (const program of [PROGRAM, programNamed("genmigrate")]) {
  Deno.test(`${program.name} sees the variables of the table, and no others`, async () => {
    const table = VARIABLES.filter(({ programs }) =>
      programs.some((name) => name === program.name)
    );
    const names = table.map(({ name }) => name);
    const folder = await folderForFile();
    const probe = join(folder, "probe.js");
    await Deno.writeTextFile(probe, "console.log(JSON.stringify(Deno.env.toObject()))");
    const all = [...VARIABLES.map(({ name }) => name), "PGPASSWORD", "LD_PRELOAD", "UNKNOWN"];
    const { code, stderr, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-config", ...permissionFlags(program, "linux"), probe],
      clearEnv: true,
      env: Object.fromEntries(all.map((name) => [name, name === "PATH" ? "/usr/bin" : folder])),
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const seen = Object.keys(JSON.parse(new TextDecoder().decode(stdout)));
    assert.deepEqual(seen.toSorted(), names.toSorted());
  });
}

toolTest("script", "migrate asks for nothing, not even in a terminal", async (terminal) => {
  await using db = await createDatabase();
  const site = await makeSite(db.name);
  const asks = async (flags: readonly string[]) => {
    const words = [Deno.execPath(), "run", "--no-config", ...flags, await bundled()];
    const line = words.map((word) => `'${word}'`).join(" ");
    const child = site.start(terminal, ["-qec", line, "/dev/null"], {
      env: { CONFIG_FILE: site.config, PATH: "/usr/bin:/bin", SHELL: "/bin/sh", TERM: "dumb" },
    });
    let said = "";
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += piece;
      // It would wait for ever.
      if (/Deno requests/.test(said)) child.kill("SIGTERM");
    }
    await child.stderr.cancel();
    await child.status;
    return /Deno requests/.test(said);
  };
  const flags = permissionFlags(PROGRAM, "linux").filter((flag) => flag !== "--allow-read");
  assert.equal(await asks(flags), false);
  assert.equal(await asks(flags.filter((flag) => flag !== "--no-prompt")), true);
});

async function runWith(flags: readonly string[], site: Site, engine: string) {
  return await site.run(Deno.execPath(), [
    ...["run", "-q", "--no-config", ...flags, await bundled(), "--engine", engine],
  ], {
    env: {
      CONFIG_FILE: site.config,
      PATH: dirname(tools.atlas ?? "/nonexistent/atlas"),
      TMPDIR: join(site.root, "temp"),
      HOME: join(site.root, "home"),
    },
  });
}

async function* sources(folder: string): AsyncIterable<string> {
  for await (const { isDirectory, name } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sources(path);
    else if (name !== "environment.ts") yield await Deno.readTextFile(path);
  }
}
