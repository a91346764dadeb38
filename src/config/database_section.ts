import { isIP, isIPv4 } from "node:net";
import * as v from "valibot";
import { type Database, SSL_MODES } from "../database.ts";
import { parseDuration } from "../duration.ts";
import { didYouMean } from "../did_you_mean.ts";
import { type Fault, unknownKey } from "./faults.ts";
import { quoted } from "./quoted.ts";
import { type Checked, type Section, type Sections, textsOf } from "./section.ts";

/** PostgreSQL's texts hold no NUL, and half a character has no UTF-8. */
const Text = v.pipe(
  v.string(),
  v.check((value) => !value.includes("\0"), "must not hold a NUL"),
  v.check((value) => value.isWellFormed(), "must be whole Unicode characters"),
);

const Port = v.pipe(
  v.string(),
  v.check(
    (value) => /^[1-9]\d{0,4}$/.test(value) && Number(value) <= 65535,
    "must be a number from 1 to 65535",
  ),
  v.transform(Number),
);

const Host = v.pipe(
  Text,
  v.transform((host) => host.replace(/^\[(.*)\]$/, "$1")),
  v.rawCheck(({ dataset, addIssue }) => {
    const fault = dataset.typed ? hostFault(dataset.value) : undefined;
    if (fault !== undefined) addIssue({ message: fault });
  }),
);

/** What both engines understand alike, and nothing else: `127.1` is an address to one of them only. */
function hostFault(host: string): string | undefined {
  if (isIPv4(host)) return undefined;
  if (host.startsWith("/")) return host.includes(",") ? "must not hold a comma" : undefined;
  if (host.includes("%") && isIP(host) === 6) return "must be an address without a zone";
  if (isIP(host) === 6) return undefined;
  if (/^[\w.-]+:\d+$/.test(host)) return "must be without the port: set database.port";
  if (!/^(?!.{254})\w(?:[\w-]*\w)?(?:\.\w(?:[\w-]*\w)?)*\.?$/.test(host)) {
    return "must be one host name, address or absolute socket folder";
  }
  return /(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i.test(host) ? "must be a whole IP address" : undefined;
}

const SslMode = v.pipe(
  v.string(),
  v.check(
    (mode) => (SSL_MODES as readonly string[]).includes(mode),
    (issue) => `must be one of ${SSL_MODES.join(", ")}${didYouMean(issue.input, SSL_MODES)}`,
  ),
  v.transform((mode) => mode as Database["sslmode"]),
);

/** Seconds, as in libpq, or a duration. */
const ConnectTimeout = v.pipe(
  v.string(),
  v.transform((value) => parseDuration(/^\d+$/.test(value) ? `${value}s` : value)),
  v.check(
    (parsed) => typeof parsed === "number" && parsed > 0,
    "must be seconds above 0, or a duration as 10s",
  ),
  v.transform(Number),
);

const DatabaseSection = v.object({
  host: Host,
  port: v.optional(Port, "5432"),
  user: Text,
  password: v.optional(Text),
  password_file: v.optional(Text),
  dbname: Text,
  sslmode: v.optional(SslMode),
  sslrootcert: v.optional(Text),
  sslcert: v.optional(Text),
  sslkey: v.optional(Text),
  connect_timeout: v.optional(ConnectTimeout, "10"),
  search_path: v.optional(Text),
  application_name: v.optional(Text),
  role: v.optional(Text),
});

/** The settings of a section `database`, each one checked. */
export type DatabaseSettings = v.InferOutput<typeof DatabaseSection>;

/** Every key that the section may have. */
export const DATABASE_KEYS: readonly string[] = [
  ...Object.keys(DatabaseSection.entries),
  "dbnames",
];
const REQUIRED = ["host", "user", "dbname"];

/** Checks the section `database` of any source. The value of a password is never shown. */
export function parseDatabaseSection(
  sections: Sections,
): Checked<DatabaseSettings> & { readonly missing: readonly string[] } {
  const database: Section = sections.database ?? new Map();
  const result = v.safeParse(DatabaseSection, textsOf(database));
  const texts = textsOf(database);
  return {
    settings: result.success ? result.output : undefined,
    faults: [
      ...[...database.keys()].flatMap((key) => unusable(key, database)),
      ...(result.issues ?? []).flatMap((issue) => toFault(issue, database)),
      ...contradictions(database).map(([key, state]) => fault(key, state, database)),
    ],
    missing: REQUIRED.filter((key) =>
      texts[key] === undefined && database.get(key)?.wrong === undefined
    ),
    warnings: [...unknownKeys(database, sections.source), ...lineEnd(texts)],
  };
}

/** Keys that belong to nobody may hold anything. */
function unusable(key: string, database: Section): readonly Fault[] {
  const wrong = database.get(key)?.wrong;
  if (wrong === undefined || (key !== "<<" && !DATABASE_KEYS.includes(key))) return [];
  return [fault(key, wrong, database)];
}

function toFault(issue: v.BaseIssue<unknown>, database: Section): readonly Fault[] {
  const key = String(issue.path?.[0]?.key ?? "");
  const field = database.get(key);
  // Missing and structured values are told apart from wrong ones.
  if (field === undefined || field.text === "" || field.wrong !== undefined) return [];
  // A password may have slipped into another line.
  const secret = field.hidden || key === "password" ||
    field.text === database.get("password")?.text;
  const shown = secret ? "" : `is ${quoted(field.text)}: `;
  return [fault(key, `${shown}${issue.message}`, database)];
}

/** Settings that are right each by itself and not together. */
function contradictions(database: Section): readonly (readonly [string, string])[] {
  const texts = textsOf(database);
  const has = (key: string) => texts[key] !== undefined;
  const { sslmode = "verify-full", sslrootcert } = texts;
  return [
    ...(has("password") && has("password_file")
      ? [["password_file", "cannot stand beside database.password: keep one"] as const]
      : []),
    ...(has("sslcert") && !has("sslkey")
      ? [["sslcert", "needs database.sslkey beside it"] as const]
      : []),
    ...(has("sslkey") && !has("sslcert")
      ? [["sslkey", "needs database.sslcert beside it"] as const]
      : []),
    // As in libpq: an authority that everybody can get a certificate from proves nothing by itself.
    ...(sslrootcert === "system" && sslmode !== "verify-full"
      ? [
        [
          "sslmode",
          `${
            database.get("sslmode")?.hidden ? "" : `is ${quoted(sslmode)}: `
          }database.sslrootcert "system" needs verify-full`,
        ] as const,
      ]
      : []),
  ];
}

function fault(key: string, state: string, database: Section): Fault {
  const place = database.get(key)?.place;
  return { key: `database.${key}`, state, ...(place === undefined ? {} : { place }) };
}

function unknownKeys(database: Section, source: string): readonly string[] {
  return [...database].filter(([key]) => key !== "<<" && !DATABASE_KEYS.includes(key)).map((
    [key, { place }],
  ) => unknownKey(key, { section: "database", known: DATABASE_KEYS, source, place }));
}

function lineEnd({ password = "" }: Readonly<Record<string, string>>): readonly string[] {
  return password.endsWith("\n")
    ? ['"database.password" ends with a line break; if that is not meant, write `|-` for `|`']
    : [];
}
