import { dirname, join } from "node:path";
import { MigrateError } from "../errors.ts";

/** One file below the directory of migrations: its new text, or nothing when it is to go. */
export interface Change {
  /** Relative to the directory, with `/`. */
  readonly path: string;
  readonly text: string | undefined;
}

const STAGE = ".genmigrate";
const JOURNAL = "journal.json";

/** A step of a publication: a staged file and where it goes, or what is removed. */
interface Step {
  readonly to: string;
  readonly staged?: string;
}

/**
 * Makes changes to a directory of migrations, all or none. The new texts are written beside their
 * places first, where a full disk or a missing right shows; then a journal says that they count; then
 * they are moved, which needs no space. What a killed run has left is finished by `recover`.
 *
 * @throws {MigrateError} `checkout_unwritable`, and nothing has changed.
 */
export async function publish(directory: string, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  const stage = join(directory, STAGE);
  try {
    await Deno.mkdir(stage, { recursive: true });
    const steps: Step[] = [];
    for (const [index, { path, text }] of changes.entries()) {
      if (text !== undefined) await writeDurably(join(stage, String(index)), text);
      steps.push({ to: path, ...(text === undefined ? {} : { staged: String(index) }) });
    }
    await writeDurably(join(stage, `${JOURNAL}.new`), JSON.stringify(steps));
  } catch (cause) {
    await Deno.remove(stage, { recursive: true }).catch(() => {});
    throw new MigrateError(
      "checkout_unwritable",
      `Cannot write "${directory}": ${cause instanceof Error ? cause.message : cause}`,
      {
        hint: "Nothing was changed; see to the space and the rights there, then run it again",
        cause,
      },
    );
  }
  await Deno.rename(join(stage, `${JOURNAL}.new`), join(stage, JOURNAL));
  await recover(directory);
}

/** Finishes what a killed run had begun to publish, or removes what it had only begun to write. */
export async function recover(directory: string): Promise<void> {
  const stage = join(directory, STAGE);
  const journal = await Deno.readTextFile(join(stage, JOURNAL)).catch(() => undefined);
  if (journal !== undefined) {
    for (const { staged, to } of JSON.parse(journal) as readonly Step[]) {
      // A journal that came with somebody's branch must not reach out of the directory.
      if (!/^(?:[a-z]+\/)?[\w.-]+$/.test(to)) continue;
      const target = join(directory, to);
      if (staged === undefined) {
        await ifThere(Deno.remove(target));
      } else {
        await Deno.mkdir(dirname(target), { recursive: true });
        await ifThere(Deno.rename(join(stage, staged), target));
      }
    }
  }
  await ifThere(Deno.remove(stage, { recursive: true }));
}

async function writeDurably(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, text);
  using file = await Deno.open(path, { write: true });
  await file.sync();
}

/** A step that an earlier attempt has done already is no fault. */
async function ifThere(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
