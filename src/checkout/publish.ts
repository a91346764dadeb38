import { basename, dirname, join, sep } from "node:path";
import { MigrateError } from "../errors.ts";
import { LAYERS } from "../layers.ts";
import { type Journal, readJournal } from "./journal.ts";

/** One file below the directory of migrations: its new text, or nothing when it is to go. */
export interface Change {
  /** Relative to the directory, with `/`. */
  readonly path: string;
  readonly text: string | undefined;
}

const STAGE = ".genmigrate";
const JOURNAL = "journal.json";

/**
 * Makes changes to a directory of migrations, all or none. The new texts are written beside their
 * places first, where a full disk or a missing right shows; then a journal says that they count; then
 * they are moved, which needs no space. What a killed run has left is finished by `recover`.
 *
 * @throws {MigrateError} `checkout_unwritable`; nothing has changed, or its hint says otherwise.
 */
export async function publish(directory: string, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  const made: string[] = [];
  try {
    await stage(directory, { changes, made });
  } catch (cause) {
    await removeStages(directory).catch(() => {});
    // Whatever else somebody has put there meanwhile stays.
    for (const folder of made.reverse()) await Deno.remove(folder).catch(() => {});
    throw unwritable(directory, {
      hint: "Nothing was changed; see to the space and the rights there, then run it again",
      cause,
    });
  }
  const root = join(directory, STAGE);
  await Deno.rename(join(root, `${JOURNAL}.new`), join(root, JOURNAL));
  await recover(directory);
}

/**
 * Finishes what a killed run had begun to publish, or removes what it had only begun to write.
 *
 * @throws {MigrateError} `checkout_unwritable` when it cannot be finished yet.
 */
export async function recover(directory: string): Promise<void> {
  try {
    const journal = await findJournal(directory);
    for (const path of journal?.write ?? []) {
      await ifThere(Deno.rename(stagedAt(directory, path), join(directory, path)));
    }
    for (const path of journal?.remove ?? []) await ifThere(Deno.remove(join(directory, path)));
    await removeStages(directory);
  } catch (cause) {
    throw unwritable(directory, {
      hint: "See to the rights there, then run it again: it begins with what is left to do",
      cause,
    });
  }
}

/** Writes what is needed to publish, and finds out whether each place can be written at all. */
async function stage(
  directory: string,
  options: { readonly changes: readonly Change[]; readonly made: string[] },
): Promise<void> {
  const { changes, made } = options;
  for (const folder of new Set([".", ...changes.map(({ path }) => dirname(path))])) {
    const place = join(directory, folder);
    if (!await exists(place)) {
      await Deno.mkdir(place, { recursive: true });
      made.push(place);
    }
    await refuseOutside(directory, place);
    // Whoever may do this may also move files in and out.
    await Deno.mkdir(join(place, STAGE), { recursive: true });
  }
  for (const { path, text } of changes) {
    const target = join(directory, path);
    const present = await Deno.lstat(target).catch(() => undefined);
    if (present?.isDirectory) throw new Error(`"${target}" is a folder`);
    if (text !== undefined) await writeDurably(stagedAt(directory, path), text);
  }
  const journal: Journal = {
    write: changes.filter(({ text }) => text !== undefined).map(({ path }) => path),
    remove: changes.filter(({ text }) => text === undefined).map(({ path }) => path),
  };
  await writeDurably(join(directory, STAGE, `${JOURNAL}.new`), JSON.stringify(journal));
}

async function findJournal(directory: string): Promise<Journal | undefined> {
  const path = join(directory, STAGE, JOURNAL);
  const text = await Deno.readTextFile(path).catch(() => undefined);
  const journal = text === undefined ? undefined : readJournal(text);
  if (journal === undefined) return undefined;
  for (const path of [...journal.write, ...journal.remove]) {
    await refuseOutside(directory, join(directory, dirname(path)));
  }
  return journal;
}

/** A folder of a layer may be a link, but not one that leads out of the directory. */
async function refuseOutside(directory: string, folder: string): Promise<void> {
  const root = await Deno.realPath(directory);
  const real = await Deno.realPath(folder);
  if (real !== root && !real.startsWith(`${root}${sep}`)) {
    throw new Error(`"${folder}" leads out of "${directory}", to "${real}"`);
  }
}

async function removeStages(directory: string): Promise<void> {
  for (const folder of [".", ...LAYERS]) {
    await ifThere(Deno.remove(join(directory, folder, STAGE), { recursive: true }));
  }
}

function stagedAt(directory: string, path: string): string {
  return join(directory, dirname(path), STAGE, basename(path));
}

async function writeDurably(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, text);
  using file = await Deno.open(path, { write: true });
  await file.sync();
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** A step that an earlier attempt has done already is no fault. */
async function ifThere(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return;
    throw error;
  }
}

function unwritable(
  directory: string,
  parts: { readonly hint: string; readonly cause: unknown },
): MigrateError {
  const { cause } = parts;
  return new MigrateError(
    "checkout_unwritable",
    `Cannot write "${directory}": ${cause instanceof Error ? cause.message : cause}`,
    parts,
  );
}
