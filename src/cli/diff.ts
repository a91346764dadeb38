import { generate, type GeneratedFile } from "../commands/generate.ts";
import { describeDatabase } from "../dsn.ts";
import { EXIT } from "../errors.ts";
import { describeUnseen } from "../unseen.ts";
import type { World } from "../world.ts";
import { type CompareFlags, devSettings } from "./dev_settings.ts";
import { Screen } from "./screen.ts";

/** The flags of `genmigrate diff`. */
export interface DiffFlags extends CompareFlags {
  readonly name: string;
  readonly quiet?: true | undefined;
  readonly verbose?: true | undefined;
  readonly color: boolean;
}

/** `genmigrate diff`: writes the migrations that the declared schema needs, and says which. */
export async function runDiff(world: World, flags: DiffFlags): Promise<number> {
  const screen = new Screen(world, flags);
  using live = screen.live;
  await using settings = await devSettings(world, { flags, screen });
  const { program } = settings;
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
    redact: settings.redact,
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

function fileLines(file: GeneratedFile, screen: Screen): string {
  const { drops, file: name, stamped } = file;
  return [
    `    rename: ${stamped} -> ${name}\n`,
    ...drops.map(({ drops: what, text }) =>
      `    ${screen.out.yellow(`drops a ${what}`)}: ${text.replaceAll("\n", " ")}\n`
    ),
  ].join("");
}
