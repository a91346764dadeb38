import * as v from "valibot";
import { parseDuration } from "../duration.ts";
import { didYouMean } from "../did_you_mean.ts";
import { type Fault, unknownKey } from "./faults.ts";
import { quoted } from "./quoted.ts";
import { type Checked, type Field, type Section, type Sections, textsOf } from "./section.ts";

const ENGINES = ["auto", "atlas", "embedded"] as const;

const Duration = v.pipe(
  v.string(),
  v.transform(parseDuration),
  v.check(
    (parsed) => typeof parsed === "number",
    "must be a duration with its unit, as 10s, 5m, 1h30m or 250ms",
  ),
  v.transform(Number),
);

const MigrateSection = v.object({
  engine: v.optional(
    v.picklist(
      ENGINES,
      ({ input }) => `must be ${ENGINES.join(", ")}${didYouMean(String(input), ENGINES)}`,
    ),
  ),
  lock_timeout: v.optional(Duration),
  statement_lock_timeout: v.optional(Duration),
  revisions_schema: v.optional(
    v.pipe(
      v.string(),
      v.check((name) => !name.includes("\0") && name.isWellFormed(), "must be plain text"),
    ),
  ),
  migrations: v.optional(v.string()),
  jobs: v.optional(
    v.pipe(
      v.string(),
      v.check((text) => /^[1-9]\d{0,3}$/.test(text), "must be a number from 1 to 9999"),
      v.transform(Number),
    ),
  ),
});

/** The settings that are not about the connection; a flag goes before each. */
export type MigrateSettings = v.InferOutput<typeof MigrateSection>;

/** Every key that the section may have. */
export const MIGRATE_KEYS: readonly string[] = Object.keys(MigrateSection.entries);

/** A field with what to call it: `migrate.engine` or `MIGRATE_ENGINE`. */
type NamedField = Field & { readonly name: string; readonly from?: string };

/** Checks the section `migrate` together with the variables `MIGRATE_…`, which go before it. */
export function parseMigrateSection(
  sections: Sections,
  env: Readonly<Record<string, string>>,
): Checked<MigrateSettings> {
  const named = new Map<string, NamedField>();
  for (const [key, field] of sections.migrate) named.set(key, { ...field, name: `migrate.${key}` });
  for (const key of MIGRATE_KEYS) {
    const name = `MIGRATE_${key.toUpperCase()}`;
    const value = env[name];
    if (value !== undefined && value !== "") {
      named.set(key, { text: value, name, from: "the environment" });
    }
  }
  const result = v.safeParse(MigrateSection, textsOf(named));
  return {
    settings: result.success ? result.output : undefined,
    faults: [
      ...[...named].flatMap(([key, field]) =>
        field.wrong !== undefined && (key === "<<" || MIGRATE_KEYS.includes(key))
          ? [fault(field, field.wrong)]
          : []
      ),
      ...(result.issues ?? []).flatMap((issue) => {
        const field = named.get(String(issue.path?.[0]?.key ?? ""));
        return field === undefined
          ? []
          : [fault(field, `${field.hidden ? "" : `is ${quoted(field.text)}: `}${issue.message}`)];
      }),
    ],
    warnings: unknownKeys(sections.migrate, sections.source),
  };
}

function fault({ name, place, from }: NamedField, state: string): Fault {
  return {
    key: name,
    state,
    ...(place === undefined ? {} : { place }),
    ...(from === undefined ? {} : { from }),
  };
}

function unknownKeys(section: Section, source: string): readonly string[] {
  return [...section].filter(([key]) => key !== "<<" && !MIGRATE_KEYS.includes(key)).map((
    [key, { place }],
  ) => unknownKey(key, { section: "migrate", known: MIGRATE_KEYS, source, place }));
}
