import { join } from "node:path";
import { MigrateError } from "../../src/errors.ts";
import { VERSION } from "../../src/version.ts";
import { bundle } from "../compile/bundle.ts";
import { compileProgram } from "../compile/compile.ts";
import { compilerFrom } from "../compile/compiler.ts";
import { type Program, programNamed } from "../compile/programs.ts";
import { run } from "../compile/run.ts";
import { readStamp } from "../compile/stamp.ts";
import { hostTarget } from "../compile/targets.ts";
import type { Format } from "./files.ts";
import type { Address, Tool } from "./tools.ts";

/** A compiled program that logs in and does nothing. */
const LOGIN: Program = {
  name: "login",
  entry: "scripts/bench/login.ts",
  permissions: ["--allow-net"],
  onWindows: [],
};

/** What we have no files for: it only logs in. */
const NOTHING: Format = { name: ({ name }) => name, text: () => "" };

/** How `migrate` wants its files. */
const OWN: Format = {
  name: ({ name }, number) => `${number}_${name}.sql`,
  text: (sql) => sql,
  sums: true,
};

/** Our own programs, as they are measured. */
export interface Programs {
  readonly migrate: Tool;
  /** The floor below every compiled program. */
  readonly login: Tool;
  /** Compiles genmigrate, and returns its command. */
  readonly genmigrate: () => Promise<readonly string[]>;
  /** What they are. */
  readonly about: string;
}

/**
 * Compiles what is measured into a folder. Where there is no runtime to compile with, `migrate` is
 * the same bundle run by Deno.
 *
 * @throws {MigrateError} `compile_failed`, `runtime_invalid`, `not_supported`.
 */
export async function ownPrograms(folder: string): Promise<Programs> {
  const make = await maker(folder);
  const migrate = await make(programNamed("migrate"));
  const login = await make(LOGIN);
  const told = await run([...migrate.command, "version", "--json"], {
    what: "ask for the runtime",
  });
  return {
    migrate: {
      name: "migrate",
      version: VERSION,
      format: OWN,
      command: ({ address, folder: files }) => [
        ...[...migrate.command, "--engine", "embedded", "--quiet"],
        ...["--config", settingsFor(folder, address), "--migrations", files],
      ],
    },
    login: {
      name: "log-in alone",
      version: "",
      format: NOTHING,
      command: ({ address: { dbname, host, port, user } }) => [
        ...login.command,
        ...[host, String(port), user, dbname],
      ],
    },
    genmigrate: async () => (await make(programNamed("genmigrate"))).command,
    about: `${migrate.about}, on Deno ${JSON.parse(told).deno}`,
  };
}

interface Made {
  readonly command: readonly string[];
  readonly about: string;
}

async function maker(folder: string): Promise<(program: Program) => Promise<Made>> {
  const root = Deno.cwd();
  const target = hostTarget();
  const compiler = await compilerFrom(Deno.env.toObject());
  const stamp = await readStamp(root);
  const commit = stamp.commit === undefined ? "" : `, commit ${shortened(stamp.commit)}`;
  return async (program) => {
    const place = join(folder, program.name);
    await Deno.mkdir(join(place, "js"), { recursive: true });
    const code = await bundle(program, { root, folder: join(place, "js"), stamp });
    try {
      if (target === undefined) throw new MigrateError("runtime_missing", "", { hint: "" });
      const { path } = await compileProgram({
        ...{ program, bundle: code, target, compiler, folder: place },
      });
      return { command: [path], about: `compiled${commit}` };
    } catch (error) {
      if (!(error instanceof MigrateError && error.code === "runtime_missing")) throw error;
      const command = [Deno.execPath(), "run", "-A", "--no-config", code.entry];
      return { command, about: `run by Deno, as there is no runtime to compile with${commit}` };
    }
  };
}

function shortened(commit: string): string {
  return commit.replace(/^([0-9a-f]{10})[0-9a-f]*/, "$1");
}

/** Writes the configuration for a database, and returns where. */
function settingsFor(folder: string, { dbname, host, port, user }: Address): string {
  const path = join(folder, `${dbname}-${port}.yaml`);
  Deno.writeTextFileSync(
    path,
    `database:\n  host: ${host}\n  port: ${port}\n  user: ${user}\n  dbname: ${dbname}\n  sslmode: disable\n`,
  );
  return path;
}
