import type { Database } from "../database.ts";
import { MigrateError } from "../errors.ts";
import { compareHistory, mergeLayers, refuseChanged } from "../migrations/mod.ts";
import { type BaseFiles } from "../git.ts";
import { findRevisions, readRevisions, Session, type SessionOptions } from "../postgres/mod.ts";
import { findAltered, refuseAltered } from "./append_only.ts";
import { changeCheckout, withFiles } from "./checkout_change.ts";

/** What `genmigrate hash` needs to know. */
export interface HashRequest {
  readonly out: string;
  /** The files of the branch that others build on, where it is known. */
  readonly base: BaseFiles | undefined;
  /** A database whose applied files must not have changed. */
  readonly against: (SessionOptions & { readonly database: Database }) | undefined;
}

/**
 * Writes the sums and `embed.ts` anew after an edit by hand.
 *
 * @returns the paths of what was written, relative to the directory.
 * @throws {MigrateError} `base_changed` or `migration_changed` for a file that others have already,
 * and the codes of `changeCheckout`, `mergeLayers` and `Session.open`.
 */
export async function hash(request: HashRequest): Promise<readonly string[]> {
  const { against, base, out } = request;
  return await changeCheckout(out, async (folders) => {
    if (base !== undefined) refuseAltered(findAltered(folders, base), base);
    const after = folders.map((folder) => withFiles(folder, folder.files));
    const pool = mergeLayers(after);
    if (against !== undefined) {
      await using session = await Session.open(against.database, against);
      await session.run("begin read only");
      const table = await findRevisions(session, undefined);
      const comparison = compareHistory(pool, await readRevisions(session, table));
      refuseApplied(() => refuseChanged(comparison));
    }
    return after;
  });
}

/** Says what a developer can do: what an operator may pass over is no way out here. */
function refuseApplied(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error;
    throw new MigrateError(error.code, error.message, {
      details: error.details,
      hint: "Restore the files as they were applied, and put the change into a new migration",
      data: error.data,
      cause: error,
    });
  }
}
