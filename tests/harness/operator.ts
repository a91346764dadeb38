import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import type { Story } from "../../src/topics/mod.ts";
import type { ProgramRun } from "./program.ts";
import type { TestEngine } from "./run.ts";
import { makeSite, type Site, writeMigrations } from "./site.ts";
import { startOnTerminal } from "./terminal.ts";
import { tools } from "./tools.ts";

type Files = Readonly<Record<string, string>>;

/** A person on call, who has a program and a story to follow. */
export interface Operator {
  /** Types a command of the story, answers yes if asked, and expects it to end well. */
  type(command: string, code?: number): Promise<ProgramRun>;
  /** Starts a command that is not in the story. */
  start(command: string): Promise<ProgramRun>;
  /** Gets another program: one with these files inside. */
  take(files: Files): Promise<void>;
  /** The commands that the last error named, each as it can be typed. */
  named(): readonly string[];
  /** Has typed all that the story tells, and nothing else. */
  finish(): void;
}

/** Puts a person before a database with a compiled program that has these files inside. */
export async function operatorOf(
  story: Story,
  options: {
    readonly program: string;
    readonly dbname: string;
    readonly files: Files;
    readonly engine: TestEngine;
  },
): Promise<Operator> {
  const site = await makeSite(options.dbname, `site-${crypto.randomUUID().slice(0, 8)}`);
  await Deno.rename(site.config, join(site.root, "work/config.yaml"));
  const typed = new Set<string>();
  const commands = story.commands.map(({ command }) => command);
  let migrations = "";
  let last: ProgramRun = { code: 0, out: "", err: "" };
  const env = () => ({
    TMPDIR: join(site.root, "temp"),
    HOME: join(site.root, "home"),
    PATH: options.engine === "atlas" ? dirname(tools.atlas ?? "") : "/nonexistent",
    MIGRATE_MIGRATIONS: migrations,
  });
  const run = async (command: string): Promise<ProgramRun> => {
    const [name, ...args] = command.split(" ");
    assert.equal(name, "migrate");
    return /^(?:resolve|baseline)$/.test(args[0] ?? "")
      ? await agree([options.program, ...args], { site, env: env() })
      : await site.run(options.program, args, { env: env() });
  };
  const take = async (files: Files) => {
    migrations = join(site.root, `program-${crypto.randomUUID().slice(0, 8)}`);
    await writeMigrations(migrations, files);
  };
  await take(options.files);
  return {
    take,
    start: run,
    async type(command, code = 0) {
      assert.ok(commands.includes(command), `the story does not tell to type "${command}"`);
      typed.add(command);
      last = await run(command);
      assert.equal(last.code, code, `${command}:\n${last.out}\n${last.err}`);
      return last;
    },
    named: () =>
      [...last.err.matchAll(/^next: (.*?)(?: +# .*)?$/gm)].map(([, command = ""]) => command),
    finish: () => assert.deepEqual([...typed].sort(), [...new Set(commands)].sort()),
  };
}

/** Runs a command that asks, on a terminal, and answers yes. */
async function agree(
  command: readonly string[],
  { env, site }: { readonly site: Site; readonly env: Readonly<Record<string, string>> },
): Promise<ProgramRun> {
  const run = startOnTerminal(command, { env: { ...env }, cwd: join(site.root, "work") });
  await run.until(/Record this\? \[y\/N\] /);
  await run.type("y\r");
  const code = await run.code;
  return { code, out: run.screen, err: run.screen };
}
