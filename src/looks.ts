/** What `migrate doctor` looks at, in this order, each with what it tells. */
export const LOOKS = {
  configuration: "where the settings come from, and whether they are right",
  vault: "whether Vault answers, logs us in and gives the secret",
  migrations: "the files on offer, held against their sums",
  dns: "the addresses of the host",
  tcp: "whether each address answers",
  tls: "the protection of the connection; whom the certificate is for, until when, by whom",
  login: "whether the server lets us in, as whom",
  server: "the version of PostgreSQL",
  writable: "whether this is a primary whose transactions may write",
  pooler: "whether a pooler stands between that gives each transaction another session",
  privileges: "whether the role may write the history and create in the layers' schemas",
  history: "what the run would refuse or go on with: half-done, changed, late, unknown files",
  lock: "who migrates at this moment",
  transactions: "transactions that are open for long, prepared ones too: they hold locks",
  slots: "replication slots that nobody reads and that keep the server's disk full",
  indexes: "indexes that were left unfinished",
  connections: "how many connections are left",
  disk: "how large the database is; PostgreSQL does not tell how much room is left",
  engine: "whether Atlas is there, its version and edition, and which engine would work",
  revocation: "whether what Vault made for this look is revoked",
} as const;

/** One of the looks. */
export type LookName = keyof typeof LOOKS;

/** The codes of what a look finds besides errors. */
export const LOOK_CODES = {
  config_warning: "a setting is unknown, or a secret lies open",
  atlas_untested: "the Atlas that was asked for is of a version that was not tested",
  certificate_expires: "the server's certificate ends within two weeks",
  server_version: "a version of PostgreSQL that was not tested",
  owner_differs: "what is in the layers belongs to a role whose rights ours does not have",
  half_done: "a migration is half done; the next run goes on with it",
  unknown_versions: "the database has versions that this program does not have",
  lock_held: "somebody migrates at this moment",
  long_transaction: "a transaction is open for long",
  prepared_transaction: "a prepared transaction waits for its second phase",
  replication_slot: "a replication slot that nobody reads holds much of the log",
  invalid_index: "an index was left unfinished",
  few_connections: "hardly a connection is left",
  not_revoked: "something that Vault made for us lives on until its time is over",
} as const;

/** A code of what a look finds besides errors. */
export type LookCode = keyof typeof LOOK_CODES;
