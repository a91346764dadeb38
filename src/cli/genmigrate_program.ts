import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { SCRATCH_MODES } from "../postgres/mod.ts";
import type { World } from "../world.ts";
import { type DevServer, runDiff } from "./diff.ts";
import { newProgram, type Program, runProgram, showOptionsOf } from "./program.ts";

const EXAMPLES = `
Examples:
  genmigrate add_firewall_tables          write what the declared schema needs
  genmigrate diff check                   the same for a name that is a command, too

Exit codes:
  0  done          1  the work failed       2  the call or the configuration is wrong
  130  stopped by Ctrl-C                    143  stopped by SIGTERM
`;

/** What only the program that is run from source has. */
export interface SourceTools {
  /** Where the declared schemas are, unless `--schema` says otherwise. */
  readonly schema: string;
  /** Starts a throwaway PostgreSQL. */
  readonly startServer: (signal: AbortSignal) => Promise<DevServer>;
}

/** Runs the command line of `genmigrate` and returns its exit code. */
export async function runGenmigrate(world: World, tools?: SourceTools): Promise<number> {
  return await runProgram(world, (done) => buildProgram(world, { done, tools }));
}

function buildProgram(
  world: World,
  options: { readonly done: (code: number) => void; readonly tools: SourceTools | undefined },
): Program {
  const { done, tools } = options;
  const program = newProgram("genmigrate", world)
    .description(
      "Writes the next migrations: what leads from the present ones to the declared schema.",
    )
    .addHelpText("after", EXAMPLES);
  const diff = program
    .command("diff", { isDefault: true })
    .description("write the migrations that the declared schema needs; the default")
    .argument("<name>", "what the change is, as add_firewall_tables", migrationName)
    .option("--schema <dir>", "folder of the declared schemas", tools?.schema ?? "pkg/storage/ent")
    .option("--out <dir>", "folder of the migrations", "deploy/migrations")
    .option("-c, --config <file>", "configuration file (CONFIG_FILE; default: config.yaml)")
    .addOption(
      new Option("--scratch <when>", "compare in a database of our own beside the configured one")
        .choices(SCRATCH_MODES).default("auto" as const, "auto: if that is not empty"),
    )
    .option("--dev-embedded", "compare in a throwaway PostgreSQL; needs no configuration")
    .option("-q, --quiet", "print nothing unless something is wrong")
    .option("-v, --verbose", "say more about what is done, and how")
    .option("--no-color", "no colours (also NO_COLOR)")
    .action(async (name, flags) => done(await runDiff(world, { ...flags, name, tools })));
  showOptionsOf(program, diff);
  return program;
}

function migrationName(text: string): string {
  if (/^[a-z0-9_]+$/.test(text)) return text;
  const corrected = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
    .replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  throw new InvalidArgumentError(
    `A name has only a-z, 0-9 and _.${corrected === "" ? "" : ` Try ${corrected}.`}`,
  );
}
