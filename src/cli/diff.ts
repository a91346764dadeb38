import { atlasMissing, findAtlas } from "../atlas/mod.ts";
import { generate, type GeneratedFile } from "../commands/generate.ts";
import { loadSettings } from "../config/mod.ts";
import type { Database } from "../database.ts";
import { describeDatabase } from "../dsn.ts";
import { EXIT, MigrateError } from "../errors.ts";
import { isDevName, notDev, type ScratchMode } from "../postgres/mod.ts";
import { redactor } from "../redact.ts";
import { describeUnseen } from "../unseen.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import { Screen } from "./screen.ts";

/** A throwaway PostgreSQL, gone at the end. */
export interface DevServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

/** The flags of `genmigrate diff`. */
export interface DiffFlags {
  readonly name: string;
  readonly schema: string;
  readonly out: string;
  readonly config?: string | undefined;
  readonly scratch: ScratchMode;
  readonly devEmbedded?: true | undefined;
  readonly quiet?: true | undefined;
  readonly verbose?: true | undefined;
  readonly color: boolean;
  readonly tools: { readonly startServer: (signal: AbortSignal) => Promise<DevServer> } | undefined;
}

/** `genmigrate diff`: writes the migrations that the declared schema needs, and says which. */
export async function runDiff(world: World, flags: DiffFlags): Promise<number> {
  const screen = new Screen(world, flags);
  using live = screen.live;
  await using stack = new AsyncDisposableStack();
  const settings = flags.devEmbedded
    ? await embeddedSettings(world, { flags, stack, screen })
    : await configuredSettings(world, flags);
  for (const warning of settings.warnings) screen.warn(warning);
  const program = await findAtlas(world.env);
  if (program === undefined) throw atlasMissing();
  screen.detail(
    `${describeDatabase(settings.database)}, Atlas ${program.version} (${program.path})`,
  );
  const unseen: string[] = [];
  const { name, out, schema, scratch } = flags;
  await generate({
    name,
    schema,
    out,
    scratch,
    program,
    database: settings.database,
    env: world.env,
    signal: world.signal,
    redact: redactor(settings.secrets).redact,
    events: {
      onStep: (text) => live.show(text),
      onLayer: (layer) => screen.result(`==> ${layer}: atlas migrate diff ${name}\n`),
      onSkipped: (layer) => screen.result(`==> ${layer}: skipped, nothing declared in ${schema}\n`),
      onFile: (file) => screen.result(fileLines(file, screen)),
      onScratch: (found) =>
        screen.say(
          found === undefined
            ? "Comparing in a scratch database"
            : `"${settings.database.dbname}" is not empty (${found}): comparing in a scratch database`,
        ),
      onUnseen: (layer, items) =>
        unseen.push(`${layer}: Atlas does not compare ${describeUnseen(items)}`),
    },
  });
  live.clear();
  screen.result("\n✅ Migration diff complete\n");
  if (unseen.length > 0) {
    for (const line of unseen) screen.say(line);
    screen.say("Write changes of these by hand: genmigrate new <name> --layer <layer>");
  }
  return EXIT.done;
}

interface DevSettings {
  readonly database: Database;
  readonly warnings: readonly string[];
  readonly secrets: readonly string[];
}

async function configuredSettings(world: World, flags: DiffFlags): Promise<DevSettings> {
  const settings = await loadSettings({
    env: world.env,
    configFile: flags.config,
    applicationName: `hotpot-genmigrate/${VERSION}`,
  });
  // Before any process or connection: the content of another database would be at risk.
  if (!isDevName(settings.database.dbname)) throw notDev(settings.database.dbname);
  return settings;
}

async function embeddedSettings(
  world: World,
  context: {
    readonly flags: DiffFlags;
    readonly stack: AsyncDisposableStack;
    readonly screen: Screen;
  },
): Promise<DevSettings> {
  const { flags, screen, stack } = context;
  if (flags.tools === undefined) {
    throw new MigrateError(
      "not_supported",
      "Cannot start a PostgreSQL: this program has none inside",
      {
        hint: "Run it from source (deno task gen --dev-embedded …), or configure a database",
      },
    );
  }
  screen.live.show("Starting a throwaway PostgreSQL");
  const { host, port, user } = stack.use(await flags.tools.startServer(world.signal));
  return {
    database: {
      host,
      port,
      user,
      dbname: "genmigrate_dev",
      sslmode: "disable",
      connectTimeoutMs: 10_000,
      applicationName: `hotpot-genmigrate/${VERSION}`,
    },
    warnings: [],
    secrets: [],
  };
}

function fileLines(file: GeneratedFile, screen: Screen): string {
  const { drops, file: name, stamped } = file;
  return [
    `    rename: ${stamped} -> ${name}\n`,
    ...drops.map(({ drops: what, text }) =>
      `    ${screen.out.yellow(`drops a ${what}`)}: ${text.replaceAll("\n", " ")}\n`
    ),
  ].join("");
}
