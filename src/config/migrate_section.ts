import * as v from "valibot";
import { parseDuration } from "../duration.ts";
import { didYouMean, type Fault, faultsError } from "./faults.ts";
import type { Field, Section, Sections } from "./section.ts";

const Duration = v.pipe(
  v.string(),
  v.transform(parseDuration),
  v.check(
    (parsed) => typeof parsed === "number",
    (issue) => typeof issue.input === "number" ? "" : issue.input.fault,
  ),
  v.transform(Number),
);

const MigrateSection = v.object({
  engine: v.optional(v.picklist(["auto", "atlas", "embedded"], "must be auto, atlas or embedded")),
  lock_timeout: v.optional(Duration),
  revisions_schema: v.optional(v.pipe(v.string(), v.nonEmpty("is empty"))),
  migrations: v.optional(v.pipe(v.string(), v.nonEmpty("is empty"))),
});

/** The settings that are not about the connection; a flag goes before each. */
export type MigrateSettings = v.InferOutput<typeof MigrateSection>;

const KEYS = Object.keys(MigrateSection.entries);

/**
 * Checks the section `migrate` together with the variables `MIGRATE_…`, which go before it.
 *
 * @throws {MigrateError} `config_invalid` with all faults.
 */
export function parseMigrateSection(
  sections: Sections,
  env: Readonly<Record<string, string>>,
): { readonly settings: MigrateSettings; readonly warnings: readonly string[] } {
  const named = new Map<string, Field & { readonly name: string }>();
  for (const [key, field] of sections.migrate) named.set(key, { ...field, name: `migrate.${key}` });
  for (const key of KEYS) {
    const name = `MIGRATE_${key.toUpperCase()}`;
    const value = env[name];
    if (value !== undefined && value !== "") named.set(key, { text: value, name });
  }
  const result = v.safeParse(
    MigrateSection,
    Object.fromEntries(
      [...named].map(([key, field]) => [key, field.text]),
    ),
  );
  if (!result.success) {
    const faults = result.issues.map((issue): Fault => {
      const field = named.get(String(issue.path?.[0]?.key ?? ""));
      return {
        key: field?.name ?? "migrate",
        state: `${field?.hidden ? "" : `is "${field?.text}": `}${issue.message}`,
        ...(field?.place === undefined ? {} : { place: field.place }),
      };
    });
    throw faultsError(faults, sections.source);
  }
  return { settings: result.output, warnings: unknownKeys(sections.migrate, sections.source) };
}

function unknownKeys(section: Section, source: string): readonly string[] {
  return [...section.keys()].filter((key) => !KEYS.includes(key)).map((key) =>
    `${source}: "migrate.${key}" is not known and has no effect${didYouMean(key, KEYS)}`
  );
}
