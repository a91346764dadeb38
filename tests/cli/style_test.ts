import assert from "node:assert/strict";
import { styleFor } from "../../src/cli/style.ts";
import { configFile } from "../harness/config.ts";
import { createDatabase, type TestDatabase } from "../harness/postgres.ts";
import { ended, spawnMigrate, taskCommand, taskEnvironment } from "../harness/program.ts";
import { startOnTerminal } from "../harness/terminal.ts";
import { toolTest } from "../harness/tools.ts";

/** The variables, whether it is a terminal, whether colours are wanted at all, and what follows. */
const CASES: readonly (readonly [Readonly<Record<string, string>>, boolean, boolean, boolean])[] = [
  [{}, true, true, true],
  [{}, false, true, false],
  [{}, true, false, false],
  [{ NO_COLOR: "1" }, true, true, false],
  [{ NO_COLOR: "" }, true, true, true],
  [{ TERM: "dumb" }, true, true, false],
  [{ TERM: "xterm" }, false, true, false],
  [{ FORCE_COLOR: "1" }, false, true, true],
  [{ FORCE_COLOR: "true", NO_COLOR: "1" }, false, true, true],
  [{ FORCE_COLOR: "1", TERM: "dumb" }, true, true, true],
  [{ FORCE_COLOR: "1" }, true, false, false],
  [{ FORCE_COLOR: "0" }, true, true, false],
  [{ FORCE_COLOR: "" }, false, true, false],
];

for (const [env, terminal, color, expected] of CASES) {
  const flag = color ? "" : ", --no-color";
  const where = terminal ? "on a terminal" : "off a terminal";
  Deno.test(`styleFor() ${where} with ${JSON.stringify(env)}${flag}: ${expected}`, () => {
    const world = {
      args: [],
      env,
      signal: new AbortController().signal,
      out: () => {},
      err: () => {},
      terminal: { out: terminal, err: !terminal, columns: 80 },
    };
    const style = styleFor(world, { stream: "out", color });
    assert.equal(style.red("x"), expected ? "\x1b[31mx\x1b[0m" : "x");
  });
}

/** What a command shows on a terminal of its own. */
async function screenOf(
  args: readonly string[],
  db: TestDatabase,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  await using config = await configFile(db.database);
  const run = startOnTerminal([...await taskCommand("migrate"), ...args, "-c", config.path], {
    env: { ...taskEnvironment(), TERM: "xterm", ...env },
  });
  await run.code;
  return run.screen;
}

const COLOUR = "\x1b[32m";

toolTest(
  "script",
  "colours are there on a real terminal, and gone where they are unwanted",
  async () => {
    await using db = await createDatabase();
    const command = ["doctor"];
    assert.ok((await screenOf(command, db, {})).includes(COLOUR));
    for (
      const [args, env] of [[[], { NO_COLOR: "1" }], [[], { TERM: "dumb" }], [
        ["--no-color"],
        {},
      ]] as const
    ) {
      const screen = await screenOf([...command, ...args], db, env);
      assert.ok(!screen.includes("\x1b[3"), JSON.stringify(env));
      assert.match(screen, /✔ login/);
    }
    // A terminal that can do nothing gets no live line either.
    assert.ok(!(await screenOf(["apply"], db, { TERM: "dumb" })).includes("\x1b"));
  },
);

Deno.test("a pipe gets no control character, unless FORCE_COLOR demands colours", async () => {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  const args = ["-c", config.path];
  const piped = await ended(await spawnMigrate(args, { env: { TERM: "xterm" } }));
  assert.equal(piped.code, 0, piped.err);
  assert.ok(!(piped.out + piped.err).includes("\x1b"));
  const forced = await ended(
    await spawnMigrate(["doctor", ...args], { env: { TERM: "xterm", FORCE_COLOR: "1" } }),
  );
  assert.ok(forced.out.includes(COLOUR));
});
