/** Where a difference shows: in the runs or the texts that are compared with Atlas, or in a test of its own. */
type Shown = "runs" | "splitting" | { readonly file: string; readonly test: string };

interface Entry {
  /** What the embedded engine does, and what Atlas does; for the README. */
  readonly says: string;
  readonly shown: Shown;
}

/**
 * All in which the embedded engine differs from Atlas on purpose. The tests that compare the two
 * leave out what stands here, by its name, and nothing else; a name that none of them has met is a
 * failure. The README has the same list.
 */
export const DIFFERENCES = {
  migration_changed: {
    says:
      "An applied file that was changed, renamed or removed is refused, unless `--allow-changed` is given. Atlas compares the files with `atlas.sum` alone.",
    shown: "runs",
  },
  out_of_order: {
    says:
      "A file that was never applied below the newest applied one is refused or, with `--exec-order non-linear`, applied, also below the first row of the history, where Atlas never looks.",
    shown: "runs",
  },
  partial_in_middle: {
    says:
      "A half-done file that is not the newest applied one is refused until it is recorded (`migrate resolve`). Atlas never looks at it again.",
    shown: "runs",
  },
  missing_migration: {
    says:
      "A half-done file that is gone is refused, whatever else there is. Atlas refuses it only where it is the newest applied one and other files are left.",
    shown: "runs",
  },
  total_after_repair: {
    says:
      "When the rest of a half-done file was repaired and has another number of statements, `total` is corrected and the error of the failure is gone. Atlas leaves both, and takes the finished file for half-done for ever.",
    shown: "runs",
  },
  duplicate_version: {
    says:
      "A version that two files share is refused before anything is applied. Atlas applies the first and ends with a panic.",
    shown: "runs",
  },
  migration_encoding: {
    says:
      "A file that is not UTF-8, or has a NUL in it, is refused before anything is applied. Atlas sends it to the server when it is its turn.",
    shown: "runs",
  },
  transaction_control: {
    says:
      "A file that runs in a transaction and has `BEGIN`, `COMMIT` or `ROLLBACK` in it is refused before it is executed. Atlas executes it, keeps half of it, and reports `unexpected transaction status idle`.",
    shown: "runs",
  },
  transaction_open: {
    says:
      "A file outside a transaction that begins one and does not end it is refused before it is executed. Atlas stops at the next file without saying why, or waits for itself for ever.",
    shown: "runs",
  },
  file_mode_under_none: {
    says:
      "`-- atlas:txmode file` counts under `--tx-mode none` too. Atlas forgets the commit there until its run ends.",
    shown: "runs",
  },
  first_in_transaction: {
    says:
      "The first statement of a file is the first of its transaction, so `SET TRANSACTION` works there, and what follows a `LOCK TABLE` sees what was committed before the lock was had. Atlas writes its row first.",
    shown: "runs",
  },
  session_settings: {
    says:
      "Settings of the session (`SET`, roles, temporary tables) do not reach the next file. Under Atlas they do.",
    shown: "runs",
  },
  dry_run: {
    says:
      "`--dry-run` is `migrate plan`: it writes nothing, and says before anything is done what `migrate` would refuse. That of Atlas makes the revisions table and writes the row of a baseline.",
    shown: "runs",
  },
  counted_at_once: {
    says:
      "Outside a transaction a statement and the row that counts it are one transaction, where PostgreSQL permits that. Atlas writes the row afterwards, and repeats the statement when it was killed in between.",
    shown: {
      file: "commands/faults_test.ts",
      test: "apply() survives a network that ${verdict}s at any message, ${how}",
    },
  },
  sent_ahead: {
    says:
      "Statements are sent without waiting for the answers to those before, up to 64 files or 1 MiB ahead, so that the way to the server is paid once and not for each of them. Each file is still a transaction of its own, and begins with a guard that lets nothing happen unless the file before it is in and the locks are held: behind an error nothing is executed. Files that could touch transactions (`DO`, `CALL`, `COPY`, functions with `BEGIN … END` and the like, own delimiters, no transaction) are executed one answer at a time, and so is everything with `--no-pipeline`.",
    shown: {
      file: "postgres/pipeline_test.ts",
      test: "apply() executes nothing behind a file broken in ${what}",
    },
  },
  statement_lock_timeout: {
    says:
      "A statement waits 3 s for a lock (`--statement-lock-timeout`), for while it waits it stops all who come after it. A file in a transaction is then rolled back and tried again, up to ten times over about two minutes, and so is one that lost in a deadlock; each time the report says who held the lock. A file's own `SET lock_timeout` goes before ours, and what works `CONCURRENTLY` waits without end. Atlas waits without end.",
    shown: {
      file: "commands/lock_wait_test.ts",
      test: "apply() tries a file again whose locks somebody else holds, and says who",
    },
  },
  unfinished_index: {
    says:
      "An index that a `CREATE INDEX CONCURRENTLY` left invalid is dropped and built again when the file goes on at that very statement. Any other invalid index is reported, and not touched. Atlas does neither.",
    shown: {
      file: "commands/lock_wait_test.ts",
      test: "apply() through ${use} builds an index again that its statement left invalid",
    },
  },
  single_quote_delimiter: {
    says:
      "`DELIMITER '` with nothing behind the quote is refused, with its place; inside a block it makes the block none. Atlas ends with a panic.",
    shown: "splitting",
  },
  character_cut: {
    says:
      "Atlas reads `BEGIN` and `-- atlas:delimiter` on one line as the head of a block and loses count in it: the statement ends too early. It ends at the same place here, but never inside a character.",
    shown: "splitting",
  },
} as const satisfies Readonly<Record<string, Entry>>;

/** The name of a difference. */
export type Difference = keyof typeof DIFFERENCES;

/** The names of those that show in one way. */
export function differencesIn(shown: "runs" | "splitting"): readonly Difference[] {
  const names = Object.keys(DIFFERENCES) as Difference[];
  return names.filter((name) => (DIFFERENCES[name] as Entry).shown === shown);
}
