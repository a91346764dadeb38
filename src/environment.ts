/** One environment variable that a program reads. */
export interface Variable {
  readonly name: string;
  readonly programs: readonly ("migrate" | "genmigrate")[];
  readonly meaning: string;
  readonly fallback?: string;
}

const BOTH = ["migrate", "genmigrate"] as const;

/**
 * What only Go reads: where it keeps things, which rules it follows, and how it gets modules that
 * are missing.
 */
export const GO_VARIABLES: readonly string[] = [
  "HOME",
  "USERPROFILE",
  "APPDATA",
  "LOCALAPPDATA",
  "XDG_CACHE_HOME",
  "XDG_CONFIG_HOME",
  "GOROOT",
  "GOPATH",
  "GOMODCACHE",
  "GOCACHE",
  "GOENV",
  "GOFLAGS",
  "GOWORK",
  "GOTOOLCHAIN",
  "GOEXPERIMENT",
  "CGO_ENABLED",
  "GOPROXY",
  "GOPRIVATE",
  "GONOPROXY",
  "GOSUMDB",
  "GONOSUMDB",
  "GOINSECURE",
  "GOAUTH",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "SSH_AUTH_SOCK",
];

/**
 * Every environment variable that the programs read. From here come the permissions, the README's
 * table and the tests on the compiled programs: a name that is missing here reads as unset.
 */
export const VARIABLES: readonly Variable[] = [
  {
    name: "CONFIG_SOURCE",
    programs: BOTH,
    meaning: "where the settings are: `file`",
    fallback: "file",
  },
  {
    name: "CONFIG_FILE",
    programs: BOTH,
    meaning: "the configuration file",
    fallback: "config.yaml",
  },
  { name: "MIGRATE_ENGINE", programs: ["migrate"], meaning: "as `--engine`", fallback: "auto" },
  {
    name: "MIGRATE_LOCK_TIMEOUT",
    programs: ["migrate"],
    meaning: "as `--lock-timeout`",
    fallback: "10s",
  },
  {
    name: "MIGRATE_STATEMENT_LOCK_TIMEOUT",
    programs: ["migrate"],
    meaning: "as `--statement-lock-timeout`",
    fallback: "3s",
  },
  { name: "MIGRATE_REVISIONS_SCHEMA", programs: ["migrate"], meaning: "as `--revisions-schema`" },
  { name: "MIGRATE_MIGRATIONS", programs: ["migrate"], meaning: "as `--migrations`" },
  { name: "NO_COLOR", programs: BOTH, meaning: "no colours when not empty" },
  { name: "FORCE_COLOR", programs: BOTH, meaning: "colours even off a terminal" },
  { name: "TERM", programs: BOTH, meaning: "`dumb`: no colours, no live line" },
  { name: "PATH", programs: BOTH, meaning: "where Atlas and Go are looked for" },
  { name: "TMPDIR", programs: BOTH, meaning: "passed on to Atlas" },
  { name: "TEMP", programs: BOTH, meaning: "passed on to Atlas (Windows)" },
  { name: "TMP", programs: BOTH, meaning: "passed on to Atlas (Windows)" },
  { name: "SystemRoot", programs: BOTH, meaning: "passed on to Atlas (Windows)" },
  {
    name: "SSL_CERT_FILE",
    programs: BOTH,
    meaning: "the system's authorities to trust, if not the usual ones",
  },
  { name: "SSL_CERT_DIR", programs: BOTH, meaning: "passed on to Atlas: authorities to trust" },
  ...["VISUAL", "EDITOR"].map((name): Variable => ({
    name,
    programs: ["genmigrate"],
    meaning: "the editor of `new --edit`",
  })),
  {
    name: "GITHUB_ACTIONS",
    programs: ["genmigrate"],
    meaning: "`true`: `check` writes annotations",
  },
  ...GO_VARIABLES.map((name): Variable => ({
    name,
    programs: ["genmigrate"],
    meaning: "passed on to Go, for ent types",
  })),
];

/** The permission to read exactly the variables of a program. */
export function environmentFlag(program: "migrate" | "genmigrate"): string {
  const names = VARIABLES.filter(({ programs }) => programs.includes(program));
  return `--allow-env=${names.map(({ name }) => name).join(",")}`;
}
