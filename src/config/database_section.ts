import * as v from "valibot";
import { type Database, SSL_MODES } from "../database.ts";
import { MigrateError } from "../errors.ts";
import { parseDuration } from "../duration.ts";
import { didYouMean, type Fault, faultsError } from "./faults.ts";
import type { Section, Sections } from "./section.ts";

const text = v.pipe(v.string(), v.nonEmpty("is empty"));

const Port = v.pipe(
  v.string(),
  v.check(
    (value) => /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65535,
    "must be a number from 1 to 65535",
  ),
  v.transform(Number),
);

const Host = v.pipe(
  text,
  v.transform((host) => host.replace(/^\[(.*)\]$/, "$1")),
  v.check(
    (host) => !/[\s,@?#]|:\/\//.test(host),
    "must be one host name, address or socket folder",
  ),
);

const Name = v.pipe(text, v.check(isSendable, "must be text without a NUL"));

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
  user: Name,
  password: v.optional(
    v.pipe(v.string(), v.check(isSendable, "must be text without a NUL")),
  ),
  password_file: v.optional(text),
  dbname: Name,
  sslmode: v.optional(SslMode, "require"),
  sslrootcert: v.optional(text),
  sslcert: v.optional(text),
  sslkey: v.optional(text),
  connect_timeout: v.optional(ConnectTimeout, "10"),
  search_path: v.optional(Name),
  application_name: v.optional(Name),
  role: v.optional(Name),
});

// The protocol ends each text with a NUL, and half a surrogate pair is not UTF-8.
function isSendable(value: string): boolean {
  return !value.includes("\0") && value.isWellFormed();
}

/** The settings of a section `database`, each one checked. */
export type DatabaseSettings = v.InferOutput<typeof DatabaseSection>;

const KEYS = Object.keys(DatabaseSection.entries);
const REQUIRED = ["host", "user", "dbname"];

/**
 * Checks the section `database` of any source.
 *
 * @throws {MigrateError} `dsn_not_configured` without a section, `dsn_incomplete` when pieces are
 * missing, `config_invalid` when values are wrong: all of them at once, the password never shown.
 */
export function parseDatabaseSection(
  sections: Sections,
): { readonly settings: DatabaseSettings; readonly warnings: readonly string[] } {
  const { database, source } = sections;
  if (database === undefined || database.size === 0) throw notConfigured(source);
  const result = v.safeParse(
    DatabaseSection,
    Object.fromEntries(
      [...database].filter(([, field]) => field.text !== "").map((
        [key, field],
      ) => [key, field.text]),
    ),
  );
  const faults = [
    ...[...database].flatMap(([key, { wrong, place }]): Fault[] =>
      wrong === undefined
        ? []
        : [{ key: `database.${key}`, state: wrong, ...(place === undefined ? {} : { place }) }]
    ),
    ...(result.issues ?? []).flatMap((issue) => toFault(issue, database)),
    ...bothPasswords(database),
  ];
  const missing = REQUIRED.filter((key) =>
    (database.get(key)?.text ?? "") === "" && database.get(key)?.wrong === undefined
  );
  if (missing.length > 0) throw incomplete(missing, { faults, source });
  if (faults.length > 0 || !result.success) throw faultsError(faults, source);
  return { settings: result.output, warnings: unknownKeys(database, source) };
}

function toFault(issue: v.BaseIssue<unknown>, database: Section): readonly Fault[] {
  const key = String(issue.path?.[0]?.key ?? "");
  const field = database.get(key);
  // Missing and structured values are told apart from wrong ones.
  if (field === undefined || field.text === "" || field.wrong !== undefined) return [];
  // A password may have slipped into another line.
  const secret = field.hidden || /password/.test(key) ||
    field.text === database.get("password")?.text;
  const shown = secret ? "" : `is "${field.text}": `;
  return [{
    key: `database.${key}`,
    state: `${shown}${issue.message}`,
    ...(field.place === undefined ? {} : { place: field.place }),
  }];
}

function bothPasswords(database: Section): readonly Fault[] {
  if (!database.has("password") || !database.has("password_file")) return [];
  return [{
    key: "database.password_file",
    state: "cannot stand beside database.password: keep one",
  }];
}

function unknownKeys(database: Section, source: string): readonly string[] {
  return [...database.keys()].filter((key) => !KEYS.includes(key)).map((key) =>
    `${source}: "database.${key}" is not known and has no effect${didYouMean(key, KEYS)}`
  );
}

function notConfigured(source: string): MigrateError {
  return new MigrateError(
    "dsn_not_configured",
    `Database DSN not configured: ${source} has no section "database"`,
    {
      hint: "Add a section `database` with host, port, user, password, dbname and sslmode",
      data: { source },
    },
  );
}

function incomplete(
  missing: readonly string[],
  options: { readonly faults: readonly Fault[]; readonly source: string },
): MigrateError {
  const keys = missing.map((key) => `database.${key}`);
  const { faults, source } = options;
  return new MigrateError(
    "dsn_incomplete",
    `Cannot connect: incomplete DSN, ${keys.join(", ")} missing in ${source}`,
    {
      details: faults.map(({ key, state }) => `also wrong: "${key}" ${state}`),
      hint: `Set ${keys.join(", ")}`,
      data: { source, missing: keys, faults: faults.map(({ key, state }) => ({ key, state })) },
    },
  );
}
