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

/** Those that we read ourselves. */
const OWN: readonly Variable[] = [
  {
    name: "CONFIG_SOURCE",
    programs: BOTH,
    meaning: "where the settings are: `file` or `vault`",
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
  { name: "MIGRATE_JOBS", programs: ["migrate"], meaning: "as `--jobs`" },
  { name: "VAULT_ADDR", programs: BOTH, meaning: "where Vault is: `https://host:8200`" },
  { name: "VAULT_AGENT_ADDR", programs: BOTH, meaning: "a Vault Agent, instead; also `unix://`" },
  { name: "VAULT_PATH", programs: BOTH, meaning: "the secret: `secret/hotpot/config`" },
  { name: "VAULT_KV_VERSION", programs: BOTH, meaning: "`1`, `2` or `auto`", fallback: "auto" },
  {
    name: "VAULT_KV_MOUNT",
    programs: BOTH,
    meaning: "the mount, if Vault may not be asked for it",
  },
  { name: "VAULT_SECRET_VERSION", programs: BOTH, meaning: "a version instead of the newest" },
  {
    name: "VAULT_AUTH_METHOD",
    programs: BOTH,
    meaning: "`token`, `approle`, `kubernetes`, `jwt` or `agent`",
    fallback: "token",
  },
  { name: "VAULT_AUTH_MOUNT", programs: BOTH, meaning: "where the method is mounted" },
  { name: "VAULT_AUTH_ROLE", programs: BOTH, meaning: "the role, for `kubernetes` and `jwt`" },
  { name: "VAULT_TOKEN", programs: BOTH, meaning: "the token" },
  {
    name: "VAULT_TOKEN_FILE",
    programs: BOTH,
    meaning: "a file that holds it",
    fallback: "~/.vault-token",
  },
  { name: "VAULT_ROLE_ID", programs: BOTH, meaning: "the role id, for `approle`" },
  { name: "VAULT_SECRET_ID", programs: BOTH, meaning: "the secret id, for `approle`" },
  { name: "VAULT_SECRET_ID_FILE", programs: BOTH, meaning: "a file that holds it" },
  {
    name: "VAULT_SECRET_ID_WRAPPING_PATH",
    programs: BOTH,
    meaning: "set if it is response-wrapped: where it was made",
  },
  { name: "VAULT_JWT", programs: BOTH, meaning: "the JWT, for `jwt` and `kubernetes`" },
  { name: "VAULT_JWT_FILE", programs: BOTH, meaning: "a file that holds it" },
  { name: "VAULT_JWT_AUDIENCE", programs: BOTH, meaning: "the audience, on GitHub Actions" },
  { name: "ACTIONS_ID_TOKEN_REQUEST_URL", programs: BOTH, meaning: "set by GitHub Actions" },
  { name: "ACTIONS_ID_TOKEN_REQUEST_TOKEN", programs: BOTH, meaning: "set by GitHub Actions" },
  { name: "VAULT_DB_CREDS", programs: BOTH, meaning: "`database/creds/<role>`: user and password" },
  { name: "VAULT_NAMESPACE", programs: BOTH, meaning: "the namespace" },
  { name: "VAULT_CACERT", programs: BOTH, meaning: "a PEM file with Vault's authority" },
  { name: "VAULT_CACERT_BYTES", programs: BOTH, meaning: "its text" },
  { name: "VAULT_CAPATH", programs: BOTH, meaning: "a folder of such files" },
  { name: "VAULT_CLIENT_CERT", programs: BOTH, meaning: "our certificate, if Vault wants one" },
  { name: "VAULT_CLIENT_KEY", programs: BOTH, meaning: "its key" },
  { name: "VAULT_TLS_SERVER_NAME", programs: BOTH, meaning: "the name in Vault's certificate" },
  { name: "VAULT_SKIP_VERIFY", programs: BOTH, meaning: "trust any certificate; for tests" },
  {
    name: "VAULT_CLIENT_TIMEOUT",
    programs: BOTH,
    meaning: "for a call with its retries; bare numbers are seconds",
    fallback: "60s",
  },
  { name: "VAULT_MAX_RETRIES", programs: BOTH, meaning: "0 for none", fallback: "2" },
  { name: "VAULT_PROXY_ADDR", programs: BOTH, meaning: "an HTTP proxy on the way to Vault" },
  { name: "VAULT_HTTP_PROXY", programs: BOTH, meaning: "the same" },
  ...["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"].flatMap((name) => [
    { name, programs: BOTH, meaning: "the usual, on the way to Vault" },
    { name: name.toLowerCase(), programs: BOTH, meaning: "the same" },
  ]),
  { name: "HOME", programs: BOTH, meaning: "where `.vault-token` lies" },
  { name: "USERPROFILE", programs: BOTH, meaning: "the same (Windows)" },
  { name: "NO_COLOR", programs: BOTH, meaning: "no colours when not empty" },
  { name: "FORCE_COLOR", programs: BOTH, meaning: "colours even off a terminal; `0`: none" },
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
  { name: "CI", programs: BOTH, meaning: "set by CI: lines of a log instead of a live line" },
  {
    name: "GITHUB_ACTIONS",
    programs: BOTH,
    meaning: "`true`: errors are annotations too",
  },
  {
    name: "GITHUB_STEP_SUMMARY",
    programs: ["migrate"],
    meaning: "set by GitHub Actions: a file that the summary of a run is appended to",
  },
  ...["GITHUB_WORKSPACE", "CI_PROJECT_DIR"].map((name): Variable => ({
    name,
    programs: ["migrate"],
    meaning: "set by CI: the root of the repository where there is no `.git`",
  })),
];

/**
 * Every environment variable that the programs read. From here come the permissions, the README's
 * table and the tests on the compiled programs: a name that is missing here reads as unset.
 */
export const VARIABLES: readonly Variable[] = [
  ...OWN,
  ...GO_VARIABLES.filter((name) => OWN.every((own) => own.name !== name)).map((name): Variable => ({
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
