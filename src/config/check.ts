import { MigrateError } from "../errors.ts";
import { type DatabaseSettings, parseDatabaseSection } from "./database_section.ts";
import { readDbnames } from "./dbnames.ts";
import { nearest } from "../did_you_mean.ts";
import { type Fault, faultData, faultLines, faultsError } from "./faults.ts";
import { type MigrateSettings, parseMigrateSection } from "./migrate_section.ts";
import type { Sections } from "./section.ts";

/** Both sections of ours, checked. */
export interface CheckedSections {
  readonly database: DatabaseSettings;
  /** The databases that are meant, at least one; `dbname` of the settings is the first. */
  readonly dbnames: readonly string[];
  /** Whether they were listed: then there may be any number of them. */
  readonly isList: boolean;
  readonly migrate: MigrateSettings;
  readonly warnings: readonly string[];
}

/**
 * Checks our sections of any source, together with the variables `MIGRATE_…`. `chosen` has the
 * names of `--database`, which go before all others; without it `dbname` alone is meant.
 *
 * @throws {MigrateError} `dsn_not_configured` without a section `database`, `dsn_incomplete` when
 * pieces are missing, `config_invalid` when values are wrong: all of them at once.
 */
export function checkSections(
  sections: Sections,
  env: Readonly<Record<string, string>>,
  chosen?: readonly string[],
): CheckedSections {
  const { source } = sections;
  const migrate = parseMigrateSection(sections, env);
  if (sections.database === undefined || sections.database.size === 0) {
    throw notConfigured(sections, migrate.faults);
  }
  const listed = readDbnames(sections.database);
  const names = chosen?.length === 0 ? listed.names : chosen ?? [];
  // A list with faults is no missing name.
  const first = names[0] ?? (listed.faults.length > 0 ? "listed" : undefined);
  const database = parseDatabaseSection(withFirst(sections, first));
  const faults = [...database.faults, ...listed.faults, ...migrate.faults].sort((a, b) =>
    (a.place?.line ?? Infinity) - (b.place?.line ?? Infinity) || 0
  );
  const warnings = [...database.warnings, ...migrate.warnings];
  if (database.missing.length > 0) {
    throw incomplete(database.missing, { faults, warnings, source });
  }
  if (faults.length > 0 || database.settings === undefined || migrate.settings === undefined) {
    throw faultsError(faults, source);
  }
  return {
    database: database.settings,
    dbnames: names.length > 0 ? names : [database.settings.dbname],
    isList: names.length > 1 || (chosen?.length === 0 && listed.names.length > 0),
    migrate: migrate.settings,
    warnings,
  };
}

/** The sections as if the first of the databases were the only one. */
function withFirst(sections: Sections, first: string | undefined): Sections {
  const database = new Map(sections.database);
  // It has been read.
  database.delete("dbnames");
  if (first !== undefined) database.set("dbname", { text: first });
  return { ...sections, database };
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
      next: [{ command: "migrate help configuration" }],
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
      next: [{ command: "migrate help configuration" }],
      data: { source, missing: keys, faults: faultData(faults) },
    },
  );
}
