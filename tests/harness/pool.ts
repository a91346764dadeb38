import type { Migration, Pool, Revision } from "../../src/migrations/mod.ts";
import { poolOf } from "./run.ts";

/** A pool of files of one statement each, by their versions. */
export function poolOfVersions(...versions: readonly string[]): Pool {
  return poolOf(
    Object.fromEntries(versions.map((version) => [`bronze/${version}_x.sql`, "select 1;\n"])),
  );
}

/** The migration of a pool with a version. */
export function migrationOf(pool: Pool, version: string): Migration {
  const found = pool.migrations.find((migration) => migration.version === version);
  if (found === undefined) throw new Error(`no ${version} in the pool`);
  return found;
}

/** The row of a migration that was applied as it is on offer. */
export function rowOf(migration: Migration, changes: Partial<Revision> = {}): Revision {
  return {
    version: migration.version,
    description: migration.description,
    type: 2,
    applied: 1,
    total: 1,
    executedAt: "2026-01-01T00:00:00.000000Z",
    executionTimeNs: "0",
    error: "",
    errorStatement: "",
    hash: migration.hash,
    partialHashes: [],
    operatorVersion: "test",
    ...changes,
  };
}
