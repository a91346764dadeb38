import { MigrateError } from "../errors.ts";
import type { Migration } from "./pool.ts";

/** How files stand to transactions: each in its own, all in one, or none at all. */
export const TX_MODES = ["file", "all", "none"] as const;
export type TxMode = (typeof TX_MODES)[number];

/**
 * The mode in which a file runs: that of the run, unless its own directive says otherwise
 * (Atlas' `cmd/atlas`, `mode`).
 *
 * @throws {MigrateError} `txmode_invalid` when the directive is wrong or contradicts the run's.
 */
export function txModeOf(migration: Migration, global: TxMode): TxMode {
  const { txMode } = migration.directives;
  const [mode] = txMode;
  if (mode === undefined) return global;
  if (txMode.length > 1) {
    throw invalid(migration, `it has ${txMode.length} atlas:txmode directives`, "Keep one of them");
  }
  if (mode !== "none" && mode !== "file") {
    const state = mode === "all"
      ? "a file cannot ask for txmode all"
      : `"${mode}" is no atlas:txmode`;
    throw invalid(migration, state, "Write -- atlas:txmode none, or remove the line");
  }
  if (global === "all") {
    throw invalid(
      migration,
      `it asks for txmode ${mode} where all files run in one transaction`,
      "Run without --tx-mode all",
    );
  }
  return mode;
}

function invalid(migration: Migration, state: string, hint: string): MigrateError {
  return new MigrateError("txmode_invalid", `Cannot apply "${migration.file}": ${state}`, {
    details: [migration.path],
    hint,
    data: { file: migration.path },
  });
}
