import assert from "node:assert/strict";
import { parse } from "yaml";
import { TARGETS } from "../scripts/compile/targets.ts";

/** Where something is shown, as a file below `tests/` and the name of a test in it; or why it cannot arise. */
type Proof = readonly [file: string, test: string] | { readonly reason: string };

/** What hurt users of other tools, the threads in which they say so, and why it cannot hurt here. */
const THREADS: readonly (readonly [threads: string, fault: string, ...proofs: Proof[]])[] = [
  [
    "golang-migrate/migrate#282",
    "after a time-out nobody knows what was applied",
    ["commands/lock_wait_test.ts", "apply() does not try again what runs outside a transaction"],
    ["commands/apply_test.ts", "apply() tells the truth when its connection is lost in a commit"],
  ],
  [
    "golang-migrate/migrate#325",
    "the history says failed although the server has committed",
    ["commands/faults_test.ts", "apply() survives a network that ${verdict}s at any message"],
  ],
  [
    "golang-migrate/migrate#518 mattes/migrate#217",
    "an error does not say what to do next",
    [
      "cli/migrate_program_test.ts",
      "migrate shows a failure with its place, what was done, and what to do",
    ],
  ],
  [
    "prisma/orm#10127 langfuse/langfuse-k8s#253",
    "one failure blocks every later run",
    [
      "e2e/kills_test.ts",
      "migrate ended at any moment leaves nothing half done, and the next run finishes",
    ],
    [
      "commands/lock_wait_test.ts",
      "apply() gives up after so many tries, leaves nothing, and the next run goes on",
    ],
  ],
  [
    "prisma/orm#12856",
    "a failure without a cause",
    ["failure_test.ts", "migrationFailed() says where, with all that the server said"],
  ],
  [
    "ariga/atlas#2455",
    "total is not corrected after a repair",
    ["commands/apply_test.ts", "apply() through ${use} corrects the total of a repaired file"],
  ],
  [
    "chatwoot/chatwoot#15885 prebid/salesagent#2087",
    "an index is left invalid and passes for done",
    [
      "commands/lock_wait_test.ts",
      "apply() through ${use} builds an index again that its statement left invalid",
    ],
  ],
  [
    "golang-migrate/migrate#960 flyway/flyway#1654 hexpm/hexpm#1835 flyway/flyway#3508 flyway/flyway#3682",
    "who waits for the lock holds up a concurrent index",
    ["peers_lock_test.ts", "apply() builds an index concurrently while others wait for the lock"],
  ],
  [
    "ariga/atlas#2447 goauthentik/authentik#23876 vectorize-io/hindsight#726",
    "a pooler strands the lock",
    ["commands/unfit_test.ts", "apply() refuses PgBouncer in ${mode} mode"],
  ],
  [
    "prisma/orm#12999 prisma/orm#8038 super-productivity/super-productivity#9126",
    "a fixed wait for a lock that nobody can find",
    ["commands/apply_test.ts", "apply() waits for another run, then says who holds the lock"],
  ],
  [
    "pressly/goose#191 pressly/goose#335 amacneil/dbmate#596",
    "two runs at once",
    ["commands/apply_test.ts", "apply() applies each file once when ten run at the same time"],
    [
      "peers_lock_test.ts",
      "twenty programs started at once apply each file once, and all end well",
    ],
  ],
  [
    "spinnaker/spinnaker#6625 camunda/camunda#48343",
    "a lock outlives its dead owner",
    [
      "e2e/kills_test.ts",
      "migrate ended at any moment leaves nothing half done, and the next run finishes",
    ],
  ],
  [
    "strelov1/freehire#1284",
    "a statement that waits stops all who come after it",
    [
      "commands/lock_wait_test.ts",
      "apply() tries a file again whose locks somebody else holds, and says who",
    ],
  ],
  [
    "prowler-cloud/prowler#12005 polarsource/polar#12085",
    "one lock_timeout for all breaks concurrent indexes",
    [
      "commands/lock_wait_test.ts",
      "apply() lets a statement that works concurrently wait without end",
    ],
    [
      "commands/lock_wait_test.ts",
      "apply() lets a file choose its own lock_timeout, and the next begins with ours",
    ],
  ],
  [
    "xataio/pgroll:pkg/db/db.go",
    "tries without a cap",
    [
      "commands/lock_wait_test.ts",
      "apply() gives up after so many tries, leaves nothing, and the next run goes on",
    ],
  ],
  [
    "golang-migrate/migrate#1319 pressly/goose#68",
    "a password in an argument",
    ["e2e/migrate_test.ts", "migrate hands the password to nobody else, through ${engine}"],
  ],
  [
    "golang-migrate/migrate#1278 Nimblesite/DataProvider#62",
    "an error shows the connection string",
    ["e2e/leak_test.ts", "migrate leaks no secret, however it ends"],
  ],
  [
    "ariga/atlas#1631",
    "a password that a URL misreads",
    ["dsn_test.ts", "toPostgresUrl() survives a password made of separators"],
    [
      "postgres/login_test.ts",
      "any password logs any role into any database, through both engines",
    ],
  ],
  [
    "hashicorp/vault#1857",
    "tables belong to a user that is removed",
    [
      "config/vault_database_test.ts",
      "Vault: a database user for the run, gone after every end of it",
    ],
  ],
  [
    "hashicorp/vault#11156 hashicorp/vault-mcp-server#98 hashicorp/vault#11434",
    "the version of KV needs a right; a 403 has several meanings",
    ["config/vault_kv_test.ts", "Vault: KV, what is found and what is told apart"],
  ],
  [
    "drizzle-team/drizzle-orm#5769 drizzle-team/drizzle-orm#2488 drizzle-team/drizzle-orm#3374 golang-migrate/migrate#179 superplanehq/superplane#4812",
    "a file below the newest is skipped in silence",
    [
      "migrations/plan_test.ts",
      "planApply() under linear refuses what is late, or yields exactly what has no row",
    ],
  ],
  [
    "pressly/goose#63 pressly/goose#785 e2b-dev/infra#3369",
    "numbers of two branches clash",
    [
      "sequence_test.ts",
      "planRenumber() gives the own files numbers above the base, without a clash, in order",
    ],
  ],
  [
    "ariga/atlas#3386",
    "a branch rewrites files of its base",
    ["commands/repository_test.ts", "check() finds what is wrong in each of its parts"],
  ],
  [
    "transact-rs/sqlx#2659 openai/codex#42143 atuinsh/atuin#2601",
    "line ends of Windows change the sums",
    ["migrations/sums_test.ts", "verifySums() says when a file differs by its line endings only"],
  ],
  [
    "golang-migrate/migrate#247 golang-migrate/migrate#552 ariga/atlas#1528",
    "a folder of Windows is read as a host",
    ["atlas/hcl_test.ts", "folderUrl() is read back as the same folder"],
    [
      "e2e/windows_long_test.ts",
      "windows: odd paths, CRLF in the configuration, a failure (${engine})",
    ],
  ],
  [
    "drizzle-team/drizzle-orm#2354 drizzle-team/drizzle-orm#5601",
    "a failure ends with 0, or without its message",
    [
      "cli/migrate_program_test.ts",
      "migrate --quiet says nothing when all is well, and everything when it is not",
    ],
  ],
  [
    "pressly/goose#225 amacneil/dbmate#649",
    "no document for machines",
    [
      "cli/migrate_program_test.ts",
      "migrate --json prints one document and nothing else on standard output",
    ],
  ],
  [
    "ariga/atlas#2450 liquibase/liquibase#6503 metabase/metabase#77992",
    "notices of updates, and telemetry",
    [
      "e2e/compiled_test.ts",
      "compiled: writes nothing but its temporary folder and the reports that are named, and starts nothing but Atlas",
    ],
    {
      reason:
        "neither program connects to anything but what the configuration names, and Atlas' check is turned off",
    },
  ],
  [
    "amacneil/dbmate#678 amacneil/dbmate#656",
    "dumps that differ by chance",
    { reason: "no file of the repository is made by pg_dump, and neither program calls it" },
  ],
  [
    "prisma/orm#12229 prisma/orm#7933",
    "a connection and a look at the history for each file",
    [
      "peers_history_test.ts",
      "apply() opens one connection and reads the history three times, however many files there are",
    ],
  ],
  [
    "ariga/atlas#3261",
    "a dry run that writes",
    ["cli/read_only_test.ts", "what only reads changes nothing in a database ${state}"],
  ],
  [
    "denoland/deno#11154 denoland/deno#31714 denoland/deno#5690",
    "compiled programs that do not start",
    ["scripts/release_long_test.ts", "release: the Windows program says what it is, and runs"],
    ["e2e/windows_long_test.ts", "windows: --version"],
    ["peers_test.ts", "a release is made of programs that were started on each system"],
  ],
];

Deno.test("a release is made of programs that were started on each system", async () => {
  const text = await Deno.readTextFile(".github/workflows/release.yml");
  const { jobs } = parse(text) as {
    readonly jobs: Readonly<Record<string, Job>>;
  };
  const [smoke, job] = Object.entries(jobs).find(([, { strategy }]) => strategy !== undefined) ??
    [];
  assert.ok(smoke !== undefined && job?.strategy !== undefined);
  const started = job.strategy.matrix.include.map(({ target }) => target);
  assert.deepEqual(started.toSorted(), [...TARGETS].toSorted());
  assert.ok(job.steps.some(({ run }) => run?.includes("env -i programs/migrate version --json")));
  // Whatever is published waits for it.
  const publishing = Object.values(jobs).filter(({ steps }) =>
    steps.some(({ run }) => run?.includes("gh release"))
  );
  assert.ok(publishing.length > 0);
  for (const { needs } of publishing) assert.ok([needs].flat().includes(smoke));
});

/** The parts of a job of the release that count here. */
interface Job {
  readonly needs?: string | readonly string[];
  readonly strategy?: {
    readonly matrix: { readonly include: readonly { readonly target: string }[] };
  };
  readonly steps: readonly { readonly run?: string }[];
}

Deno.test("each thread about other tools has a test that exists, or a reason", async () => {
  const seen = new Set<string>();
  for (const [threads, fault, ...proofs] of THREADS) {
    for (const thread of threads.split(" ")) {
      assert.ok(!seen.has(thread), `${thread} stands twice`);
      seen.add(thread);
    }
    assert.ok(proofs.length > 0, `${fault}: no proof`);
    for (const proof of proofs) {
      if ("reason" in proof) continue;
      const [file, test] = proof;
      const text = await Deno.readTextFile(`tests/${file}`);
      assert.ok(new RegExp(`["\`]${RegExp.escape(test)}`).test(text), `${file} has no "${test}"`);
    }
  }
});
