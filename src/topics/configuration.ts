import { code, table, text, type Topic } from "./block.ts";

/** Where the settings come from, and what they are. */
export const CONFIGURATION: Topic = {
  name: "configuration",
  summary: "where the settings come from, and what they are",
  blocks: [
    text(
      "A YAML file, `config.yaml` unless `CONFIG_FILE` or `--config` names another. It is the file of the other Hotpot programs; only these two sections are read, and the rest may be anything:",
    ),
    code(
      "yaml",
      "database:",
      "  host: localhost # a name, an address, or the folder of a Unix socket",
      "  port: 5432",
      "  user: postgres",
      "  password: secret # or password_file: a file that holds it",
      "  dbname: hotpot_dev",
      "  sslmode: disable # default: require",
      "# dbnames: [hotpot_a, hotpot_b] # several, instead of dbname",
      "# sslrootcert: ca.pem # or system; relative to this file",
      "# sslcert: client.pem",
      "# sslkey: client.key",
      "# connect_timeout: 10s",
      "# search_path: public",
      "# application_name: hotpot-migrate/0.1.0",
      "# role: hotpot_owner # the role in which the session works from its start",
      "",
      "migrate: # optional",
      "  engine: auto",
      "  lock_timeout: 10s",
      "  statement_lock_timeout: 3s",
      "# jobs: 1 # of several databases, how many at once",
    ),
    text(
      "A flag goes before an environment variable, that before this file, that before the default. With `CONFIG_SOURCE=vault` the same settings come from Vault: `migrate help vault`. Nothing else is read: a `PGHOST` or `PGPASSWORD` in the environment has no effect.",
    ),
    table(["message", "what it means and what to do"], [
      [
        "`Database DSN not configured`",
        "the configuration has no section `database`: add it",
      ],
      [
        "`incomplete DSN`",
        "`host`, `user` or `dbname` is missing: set those that are named",
      ],
      [
        "`atlas: command not found`",
        "`--engine atlas` and no Atlas on the PATH: install it, or use `--engine embedded`",
      ],
      [
        "`config pipe`",
        "the pipe that hands Atlas its configuration failed: run again, or use `--engine embedded`",
      ],
    ]),
  ],
};
