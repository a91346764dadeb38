import { MigrateError } from "../errors.ts";
import { nameOf } from "../failure.ts";
import {
  isPartial,
  type Migration,
  planApply,
  resolvedRow,
  type Revision,
  REVISION_TYPE,
  splitStatements,
} from "../migrations/mod.ts";
import { createRevisions, deleteRevision, writeRevision } from "../postgres/mod.ts";
import type { View } from "./look.ts";
import { confirm, type RecordRequest, underLocks } from "./under_locks.ts";

/** What an operator says of a file after having put things right by hand. */
export type Outcome = "applied" | "rolled_back";

/**
 * Records what became of a file that was repaired by hand. `applied`: a half-done file, or the very
 * next one, counts as done; the row says "set by hand" as Atlas' `migrate set` does, and counts all
 * statements as done, or Atlas would go on with it all the same. `rolled_back`: the row of a
 * half-done file is removed, so that the next run begins it anew.
 *
 * @throws {MigrateError} `version_unknown`, `resolve_refused`, `not_confirmed` and the codes of
 * `underLocks`.
 */
export async function resolve(
  request: RecordRequest & { readonly version: string; readonly outcome: Outcome },
): Promise<void> {
  const { outcome, pool, version } = request;
  await underLocks(request, async (history) => {
    const { rows, session, table } = history;
    const row = rows.find((other) => other.version === version);
    const migration = pool.migrations.find((other) => other.version === version);
    if (row === undefined && migration === undefined) throw unknown(version);
    if (outcome === "rolled_back") {
      if (row === undefined || !isPartial(row)) throw refused(version, row);
      confirm(request, `${nameIn(row)} counts as never begun: its row is removed`);
      await deleteRevision(session, table, version);
    } else {
      const done = doneRow(history, { request, row, migration });
      confirm(request, `${nameIn(done)} counts as applied: set by hand`);
      if (!table.exists) await createRevisions(session, table);
      await writeRevision(session, table, done);
    }
  });
}

function doneRow(
  { rows }: View,
  { migration, request, row }: {
    readonly request: RecordRequest & { readonly version: string };
    readonly row: Revision | undefined;
    readonly migration: Migration | undefined;
  },
): Revision {
  const { operator, pool, version } = request;
  if (row !== undefined && !isPartial(row)) throw refused(version, row);
  if (row !== undefined) {
    const total = migration === undefined
      ? row.total
      : splitStatements(migration.text, { file: migration.path }).length;
    return {
      ...row,
      type: row.type | REVISION_TYPE.resolved,
      applied: total,
      total,
      error: "",
      errorStatement: "",
      hash: migration?.hash ?? row.hash,
      partialHashes: [],
      operatorVersion: operator,
    };
  }
  if (migration === undefined) throw unknown(version);
  const [next] = planApply(pool, rows, {
    execOrder: "linear",
    txMode: "file",
    allowDirty: true,
    clean: true,
  }).pending;
  if (next?.migration.version !== version) {
    throw new MigrateError(
      "resolve_refused",
      `Cannot record ${nameOf(migration)} as applied: it is not the next one`,
      {
        hint: next === undefined
          ? "Run: migrate status"
          : `The next one is ${next.migration.version}; to take over a whole database, run: migrate baseline <version>`,
        data: { version },
      },
    );
  }
  return resolvedRow(migration, operator);
}

function nameIn(row: Revision): string {
  return `${row.version}${row.description === "" ? "" : `_${row.description}`}`;
}

function unknown(version: string): MigrateError {
  return new MigrateError("version_unknown", `Cannot find "${version}": no such migration`, {
    hint: "Give a version that migrate status lists, as 0007",
    data: { version },
  });
}

function refused(version: string, row: Revision | undefined): MigrateError {
  return new MigrateError(
    "resolve_refused",
    row === undefined
      ? `Cannot roll back "${version}": it was never begun`
      : `Cannot resolve "${version}": it is applied, and was not left half done`,
    {
      hint: row === undefined
        ? "There is nothing to do: the next run applies it"
        : "To undo an applied migration, write a new one",
      data: { version },
    },
  );
}
