import { MigrateError } from "../errors.ts";
import { type DatabaseSettings, parseDatabaseSection } from "./database_section.ts";
import { nearest } from "../did_you_mean.ts";
import { type Fault, faultData, faultLines, faultsError } from "./faults.ts";
import { type MigrateSettings, parseMigrateSection } from "./migrate_section.ts";
import type { Sections } from "./section.ts";

/** Both sections of ours, checked. */
export interface CheckedSections {
  readonly database: DatabaseSettings;
  readonly migrate: MigrateSettings;
  readonly warnings: readonly string[];
}

/**
 * Checks our sections of any source, together with the variables `MIGRATE_…`.
 *
 * @throws {MigrateError} `dsn_not_configured` without a section `database`, `dsn_incomplete` when
 * pieces are missing, `config_invalid` when values are wrong: all of them at once.
 */
export function checkSections(
  sections: Sections,
  env: Readonly<Record<string, string>>,
): CheckedSections {
  const { source } = sections;
  const migrate = parseMigrateSection(sections, env);
  if (sections.database === undefined || sections.database.size === 0) {
    throw notConfigured(sections, migrate.faults);
  }
  const database = parseDatabaseSection(sections);
  const faults = [...database.faults, ...migrate.faults].sort((a, b) =>
    (a.place?.line ?? Infinity) - (b.place?.line ?? Infinity) || 0
  );
  const warnings = [...database.warnings, ...migrate.warnings];
  if (database.missing.length > 0) {
    throw incomplete(database.missing, { faults, warnings, source });
  }
  if (faults.length > 0 || database.settings === undefined || migrate.settings === undefined) {
    throw faultsError(faults, source);
  }
  return { database: database.settings, migrate: migrate.settings, warnings };
}

function notConfigured(sections: Sections, faults: readonly Fault[]): MigrateError {
  const { source, others = [] } = sections;
  const similar = others.find((name) => nearest(name, ["database"]) !== undefined);
  return new MigrateError(
    "dsn_not_configured",
    `Database DSN not configured: ${source} has no section "database"`,
    {
      details: faultLines(faults, source),
      hint: similar === undefined || similar === "database"
        ? "Add a section `database` with host, port, user, password, dbname and sslmode"
        : `Rename the section "${similar}" to "database"`,
      data: { source, faults: faultData(faults) },
    },
  );
}

function incomplete(
  missing: readonly string[],
  found: {
    readonly faults: readonly Fault[];
    readonly warnings: readonly string[];
    readonly source: string;
  },
): MigrateError {
  const { faults, warnings, source } = found;
  const keys = missing.map((key) => `database.${key}`);
  return new MigrateError(
    "dsn_incomplete",
    `Cannot connect: incomplete DSN, ${keys.join(", ")} missing in ${source}`,
    {
      // A misspelt key is what is missing.
      details: [...faultLines(faults, source), ...warnings],
      hint: `Set ${keys.join(", ")}`,
      data: { source, missing: keys, faults: faultData(faults) },
    },
  );
}
