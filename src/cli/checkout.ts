import { join } from "node:path";
import { hash } from "../commands/hash.ts";
import { newMigration } from "../commands/new_migration.ts";
import { renumber } from "../commands/renumber.ts";
import { loadSettings } from "../config/mod.ts";
import { editFile } from "../editor.ts";
import { EXIT } from "../errors.ts";
import { type BaseFiles, baseMissing, DEFAULT_BASE, readBase } from "../git.ts";
import type { Layer } from "../layers.ts";
import { OwnedFolder } from "../owned_folder.ts";
import type { Secrets } from "../redact.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import { Screen, type ScreenFlags } from "./screen.ts";

/** The flags of `genmigrate new`. */
export interface NewFlags extends ScreenFlags {
  readonly name: string;
  readonly layer: Layer;
  readonly edit?: true | undefined;
  readonly out: string;
}

/** `genmigrate new`: adds a file and says where it is. */
export async function runNew(world: World, flags: NewFlags): Promise<number> {
  const screen = new Screen(world, flags);
  const written = await newMigration({
    ...flags,
    write: (file) => flags.edit ? edited(file, world) : Promise.resolve(""),
  });
  if (written.length === 0) screen.say("The file was left empty: nothing was added");
  for (const path of written) screen.result(`wrote ${flags.out}/${path}\n`);
  if (!flags.edit) screen.say("Write the SQL into it, then run: genmigrate hash");
  return EXIT.done;
}

/** The flags of `genmigrate hash`. */
export interface HashFlags extends ScreenFlags {
  readonly out: string;
  readonly base?: string | undefined;
  readonly against?: string | undefined;
  readonly secrets: Secrets;
}

/** `genmigrate hash`: writes sums and `embed.ts` anew, and says which. */
export async function runHash(world: World, flags: HashFlags): Promise<number> {
  const screen = new Screen(world, flags);
  const base = await forkOf(world, { ...flags, screen });
  await using settings = flags.against === undefined ? undefined : await loadSettings({
    env: world.env,
    configFile: flags.against,
    applicationName: `hotpot-genmigrate/${VERSION}`,
    signal: world.signal,
    secrets: flags.secrets,
    onWarning: (text) => screen.warn(text),
    lastly: world.lastly,
  });
  for (const warning of settings?.warnings ?? []) screen.warn(warning);
  const written = await hash({
    out: flags.out,
    base,
    against: settings && {
      database: settings.database,
      signal: world.signal,
      redact: flags.secrets.redact,
    },
  });
  for (const path of written) screen.result(`wrote ${flags.out}/${path}\n`);
  if (written.length === 0) screen.result("Nothing to do: sums and embed.ts are up to date\n");
  return EXIT.done;
}

/** The flags of `genmigrate renumber`. */
export interface RenumberFlags extends ScreenFlags {
  readonly out: string;
  readonly base: string;
}

/** `genmigrate renumber`: gives new numbers, and says which. */
export async function runRenumber(world: World, flags: RenumberFlags): Promise<number> {
  const screen = new Screen(world, flags);
  const base = await readBase(flags.base, { directory: flags.out, env: world.env, at: "tip" });
  if (base === undefined) throw baseMissing(flags.base);
  const renames = await renumber({ out: flags.out, base });
  for (const { from, layer, to } of renames) {
    screen.result(`${layer}: rename: ${from} -> ${to}\n`);
  }
  if (renames.length === 0) {
    screen.result(`Nothing to do: the numbers come after those of ${flags.base}\n`);
  }
  return EXIT.done;
}

/**
 * The base branch where the present one left it. Without the usual one, as in a repository without
 * a remote, there is nothing to compare with, which is said.
 */
export async function forkOf(
  world: World,
  options: { readonly out: string; readonly base?: string | undefined; readonly screen: Screen },
): Promise<BaseFiles | undefined> {
  const { out, screen } = options;
  const ref = options.base ?? DEFAULT_BASE;
  try {
    const base = await readBase(ref, { directory: out, env: world.env, at: "fork" });
    if (base !== undefined) return base;
    if (options.base !== undefined) throw baseMissing(ref);
    screen.say(`Not compared with another branch: there is no ${ref} here`);
  } catch (error) {
    if (options.base !== undefined) throw error;
    screen.say(
      `Not compared with another branch: ${error instanceof Error ? error.message : error}`,
    );
  }
  return undefined;
}

/** Lets a person write the file, in a private place; nothing when it stays empty. */
async function edited(file: string, world: World): Promise<string | undefined> {
  await using folder = await OwnedFolder.create({
    prefix: "hotpot-edit-",
    release: () => Promise.resolve(true),
  });
  const path = join(folder.root, file);
  await Deno.writeTextFile(path, "");
  await editFile(path, world.env);
  const text = await Deno.readTextFile(path);
  return text.trim() === "" ? undefined : text;
}
