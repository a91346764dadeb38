import { dirname, join } from "node:path";
import { MigrateError } from "./errors.ts";
import { outOfReach } from "./out_of_reach.ts";

/** A file that a report will be written to, once there is one: whole, or not at all. */
export interface ReportFile {
  readonly path: string;
  /**
   * Replaces what the file holds.
   *
   * @throws {MigrateError} `report_unwritable`, as when the disk is full; the old text stays then.
   */
  write(text: string): Promise<void>;
}

/**
 * Makes sure that a report can be written before anything else is done, and leaves the file as it is.
 *
 * @throws {MigrateError} `report_unwritable`.
 */
export async function openReport(path: string): Promise<ReportFile> {
  try {
    if (path === "") throw new Error("it has no name");
    const target = await regularFile(path);
    // A pipe or a device is written to as it is: there is nothing to replace.
    if (target === undefined) {
      return { path, write: (text) => guarded(path, () => Deno.writeTextFile(path, text)) };
    }
    const draft = join(dirname(target), `.${crypto.randomUUID()}.migrate`);
    await Deno.writeTextFile(draft, "", { createNew: true });
    await Deno.remove(draft);
    return { path, write: (text) => guarded(path, () => replace(target, { draft, text })) };
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** The file behind a path, which need not be there; nothing if it is something else than a file. */
async function regularFile(path: string): Promise<string | undefined> {
  try {
    const real = await Deno.realPath(path);
    const { isDirectory, isFile } = await Deno.stat(real);
    if (isDirectory) throw new Deno.errors.IsADirectory("it is a directory");
    if (!isFile) return undefined;
    // A rename would replace even what nobody may write.
    (await Deno.open(real, { write: true })).close();
    return real;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return path;
    throw error;
  }
}

async function replace(
  target: string,
  { draft, text }: { readonly draft: string; readonly text: string },
): Promise<void> {
  try {
    await Deno.writeTextFile(draft, text, { createNew: true });
    await Deno.rename(draft, target);
  } catch (error) {
    await Deno.remove(draft).catch(() => {
      // It was not made.
    });
    throw error;
  }
}

async function guarded(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function unwritable(path: string, cause: unknown): MigrateError {
  const reach = outOfReach(cause);
  const state = reach !== undefined
    ? `it ${reach.state}`
    : cause instanceof Deno.errors.NotFound
    ? "there is no such folder"
    : cause instanceof Error
    ? cause.message.replace(/: \w+ '.*'$/s, "")
    : String(cause);
  return new MigrateError("report_unwritable", `Cannot write "${path}": ${state}`, {
    hint: reach?.hint ?? "Name a file in a folder that exists and may be written",
    cause,
  });
}
