import type { ErrorData } from "./error_data.ts";

/** How a program ends: see the README's table of exit codes. */
export const EXIT = { done: 0, failed: 1, usage: 2, pending: 3, interrupted: 130, terminated: 143 };

/**
 * Every error code that the programs can report, with the exit code it leads to and its meaning.
 * Scripts may rely on a code; the sentences around it may improve. `deploy/reference/errors.md` is
 * made from this table.
 */
export const CODES = {
  internal: [1, "a fault of the program itself; please report it"],
  usage: [2, "the command line is wrong"],
  not_supported: [2, "this version cannot do that"],
  interrupted: [130, "stopped by Ctrl-C or a signal"],
  // configuration
  config_missing: [2, "the configuration file does not exist"],
  config_unreadable: [2, "the configuration file cannot be read"],
  config_syntax: [2, "the configuration is not valid YAML"],
  config_invalid: [2, "a setting has a wrong value, or several have"],
  dsn_not_configured: [2, "the configuration has no database section"],
  dsn_incomplete: [2, "settings that a connection needs are missing"],
  // Vault
  vault_unreachable: [1, "Vault cannot be reached"],
  vault_timeout: [1, "Vault did not answer in time"],
  vault_tls: [1, "the TLS connection to Vault failed, or its certificate is not trusted"],
  vault_redirect: [1, "Vault's address points to where a token must not go"],
  vault_answer: [1, "what answered is not Vault, or its answer is cut off or too large"],
  vault_sealed: [1, "Vault is sealed"],
  vault_not_initialized: [1, "Vault is not initialised"],
  vault_standby: [1, "this node of Vault is a standby that cannot answer"],
  vault_rate_limit: [1, "Vault's rate limit is reached"],
  vault_failed: [1, "Vault failed for a reason of its own"],
  vault_token_missing: [2, "there is nothing to log in to Vault with"],
  vault_login_refused: [1, "Vault refused the token or the log-in"],
  vault_denied: [1, "a policy of Vault is missing; the hint has its line"],
  vault_mount_missing: [2, "nothing is mounted at that path of Vault"],
  vault_secret_missing: [2, "the secret, or that version of it, does not exist"],
  vault_secret_deleted: [2, "that version of the secret was deleted or destroyed"],
  vault_credentials: [1, "Vault could not make a user of the database"],
  identity_token: [1, "GitHub Actions gave no identity token"],
  secret_file_open: [2, "a file with a token can be read by every user"],
  // connection
  connection_refused: [1, "nothing listens at the address of the database"],
  socket_missing: [1, "there is no Unix socket at the address of the database"],
  not_postgres: [1, "something else than PostgreSQL answers at the address"],
  connection_timeout: [1, "the database did not answer in time"],
  connection_failed: [1, "the connection failed for another reason, given in the message"],
  connection_lost: [1, "the connection ended while it was needed"],
  host_unknown: [1, "the name of the database's host is not known"],
  host_unreachable: [1, "there is no way to the database's host"],
  tls_refused: [1, "the server offers no TLS, and the configuration demands it"],
  tls_certificate: [1, "the TLS connection failed or the certificate is not trusted"],
  tls_file: [2, "a certificate or key cannot be read"],
  login_refused: [1, "the server refused the user, the password or a start-up parameter"],
  database_missing: [1, "the database does not exist"],
  too_many_connections: [1, "the server has no connection left"],
  server_not_ready: [1, "the server is starting, stopping or recovering"],
  // the run
  lock_timeout: [1, "somebody else holds the lock of the migrations"],
  lock_lost: [1, "a migration gave back the lock of the run"],
  ambiguous_revisions: [2, "several schemas have a revisions table"],
  read_only_database: [1, "the server is a replica, or its transactions are read-only"],
  transaction_pooler: [1, "a pooler gives each transaction another session of the server"],
  permission_denied: [1, "the role lacks a right"],
  database_error: [1, "the server refused something that is not a migration"],
  migration_failed: [1, "the server refused a migration"],
  halted: [1, "a run began no further file because another database failed (--fail-fast)"],
  databases_failed: [1, "one or several of the databases failed; each has its own error"],
  database_ambiguous: [2, "the command works on one database, and several are configured"],
  transaction_control: [1, "a file ends or begins transactions while it runs inside one"],
  transaction_open: [1, "a file begins a transaction and does not end it"],
  atlas_missing: [2, "Atlas is needed and is not on the PATH"],
  atlas_failed: [1, "Atlas failed for a reason of its own"],
  report_unwritable: [2, "a file for a report cannot be written"],
  temporary_folder: [2, "nothing can be created in the folder for temporary files"],
  config_pipe: [1, "the pipe that hands Atlas its configuration failed"],
  // migrations on offer
  migrations_missing: [2, "there is no such folder of migrations"],
  migrations_unreadable: [2, "a migration cannot be read"],
  migration_encoding: [2, "a migration is not UTF-8, or has a byte order mark or a NUL"],
  migration_name: [2, "a migration is not named NNNN_name.sql"],
  duplicate_version: [2, "a number is taken more than once"],
  migration_too_large: [2, "a migration has more than 8 MiB and cannot be embedded"],
  sum_missing: [2, "a layer with files has no atlas.sum"],
  sum_format: [2, "an atlas.sum is not readable, as after a merge conflict"],
  sum_mismatch: [2, "a migration differs from its atlas.sum"],
  sum_ignored: [2, "a migration is left out of the sums"],
  statement_syntax: [2, "a migration cannot be split into statements"],
  txmode_invalid: [2, "the atlas:txmode of a migration is wrong"],
  // the declared schema
  schema_missing: [2, "no layer has a declared schema where it is looked for"],
  schema_ambiguous: [2, "a layer is declared in more than one way"],
  schema_unreadable: [2, "a declared schema cannot be read"],
  go_missing: [2, "Go is needed for ent types and is not on the PATH"],
  go_module_missing: [2, "ent types stand in no Go module, or in several"],
  ent_missing: [2, "the Go module does not require ent, or one that is too old"],
  ent_failed: [1, "ent types do not compile, or cannot be made into tables"],
  // files and history
  out_of_order: [1, "the database is past a migration that it does not have"],
  database_not_clean: [1, "a database without history is not empty"],
  baseline_not_found: [2, "the baseline is not the version of a migration"],
  history_exists: [1, "the database has a history already"],
  version_unknown: [2, "there is no migration of that version"],
  resolve_refused: [1, "that version is not half done, nor the next one"],
  not_confirmed: [2, "somebody was asked, and did not agree to what would be recorded"],
  confirmation_needed: [2, "there is no terminal to ask at, and no --yes"],
  missing_migration: [1, "a half-done migration is not on offer"],
  partial_in_middle: [1, "a migration is half done and later ones were applied"],
  migration_changed: [1, "an applied migration has changed or is gone"],
  history_changed: [1, "an executed statement of a half-done migration has changed"],
  // genmigrate
  dev_name: [2, "the database is not for development: its name does not end in _dev"],
  dev_not_empty: [1, "the database to compare in is not empty"],
  scratch_denied: [1, "the role may not create a scratch database"],
  schema_shared: [2, "two layers create the same schema"],
  state_failed: [1, "a declared schema does not load"],
  still_used: [1, "a layer above uses what is no longer declared"],
  replay_failed: [1, "the migrations do not build the schema of an empty database"],
  foreign_change: [1, "a new migration would change another layer"],
  sequence_full: [2, "there is no number of four digits left"],
  base_missing: [2, "there is no such branch to compare with"],
  base_changed: [1, "a migration that other branches have was changed or removed"],
  git_failed: [1, "git is missing, or refuses"],
  editor_failed: [1, "the editor is missing, or ended with an error"],
  checkout_busy: [1, "another genmigrate is at work in the same checkout"],
  checkout_unwritable: [1, "the directory of migrations cannot be written"],
  // development
  bench_failed: [1, "a program that the benchmark measures failed"],
  postgres_failed: [1, "the throwaway PostgreSQL of the demo or the tests failed"],
  compile_failed: [1, "a program cannot be bundled or compiled"],
  runtime_missing: [1, "there is no runtime to compile for a target"],
  runtime_invalid: [1, "what was given as a runtime is none, or one for another target"],
} as const satisfies Record<string, readonly [1 | 2 | 3 | 130, string]>;

/** A stable, symbolic name for one kind of failure. */
export type ErrorCode = keyof typeof CODES;

/** A command that may come next, as it is typed, and when it is the right one. */
export interface NextStep {
  readonly command: string;
  readonly when?: string;
}

/** What may accompany an error. */
export interface ErrorParts {
  /** One instruction: what to do next. Every error has one. */
  readonly hint: string;
  /** The commands that the instruction comes to, the likeliest first. */
  readonly next?: readonly NextStep[];
  /** Lines that belong under the message: excerpts, lists of faults. */
  readonly details?: readonly string[];
  /** The same facts for machines, in the `--json` document. */
  readonly data?: ErrorData;
  readonly cause?: unknown;
}

/** The one error that the programs throw on purpose. Anything else is a bug and printed as one. */
export class MigrateError extends Error {
  override readonly name = "MigrateError";
  readonly code: ErrorCode;
  readonly hint: string;
  readonly next: readonly NextStep[];
  readonly details: readonly string[];
  readonly data: ErrorData;

  constructor(code: ErrorCode, message: string, parts: ErrorParts) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    this.hint = parts.hint;
    this.next = parts.next ?? [];
    this.details = parts.details ?? [];
    this.data = parts.data ?? {};
  }

  /** The same error in other words, or with other parts. */
  with(
    { message = this.message, ...parts }: Partial<ErrorParts> & { readonly message?: string },
  ): MigrateError {
    const { code, data, details, hint, next } = this;
    return new MigrateError(code, message, { hint, next, details, data, cause: this, ...parts });
  }

  /** The exit code of a program that ends with this error. */
  get exit(): number {
    return CODES[this.code][0];
  }
}

/** The error of a program that was told to stop before anything was done that lasts. */
export function interrupted(message: string): MigrateError {
  return new MigrateError("interrupted", message, {
    hint: "Nothing was changed; run the same command again when you are ready",
  });
}
