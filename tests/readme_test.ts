import assert from "node:assert/strict";
import { STORIES, type Story } from "../src/topics/mod.ts";
import { DIFFERENCES } from "./harness/engine_differences.ts";

/** Where each command of the README is run; a new command needs a line here, and a run. */
const RUN: readonly (readonly [RegExp, string])[] = [
  [/^npx -y deno@[\d.]+ task test$/, ".ci/run"],
  [/^npx -y deno@[\d.]+ task demo$/, "tests/e2e/demo_test.ts"],
  [/^deno task (?:check|test:long|test --postgres=13)$/, ".ci/run"],
  [/^deno task ok$/, ".ci/run"],
  [/^deno task docs$/, "deno.json"],
  [/^deno task migrate(?: --config prod\.yaml| --json| --help)?$/, "tests/e2e/migrate_test.ts"],
  [/^deno task migrate help recovery$/, "tests/topics/mod_test.ts"],
  [/^deno task migrate (?:status(?: --exit-code)?|history|verify)$/, "tests/cli/status_test.ts"],
  [/^deno task -q migrate status --json \| jq /, "tests/documents/mod_test.ts"],
  [/^deno task migrate doctor$/, "tests/commands/doctor/mod_test.ts"],
  [/^deno task migrate wait --timeout 60s$/, "tests/cli/wait_test.ts"],
  [
    /^deno task migrate (?:plan )?--(?:junit|code-quality) migrate\.(?:xml|json)$/,
    "tests/cli/ci/mod_test.ts",
  ],
  [
    /^deno task migrate --(?:database hotpot_a --database hotpot_b|jobs 4|fail-fast)$/,
    "tests/cli/apply_several_test.ts",
  ],
  [/^deno task migrate status --exit-code --database hotpot_a$/, "tests/cli/reading_test.ts"],
  [/^deno task gen (?:--dev-embedded )?add_firewall_tables$/, "tests/e2e/gen_test.ts"],
  [/^deno task gen (?:new fill_owner --layer silver|hash|renumber)$/, "tests/e2e/gen_test.ts"],
  [/^(?:sha256sum|tar xzf|\.\/migrate) /, "tests/scripts/release_long_test.ts"],
  [/^deno task release/, "tests/scripts/release_long_test.ts"],
  [/^(?:DENORT_BIN=\S+ DENO_COMPILER="[^"]+" )?deno task compile$/, "tests/e2e/compiled_test.ts"],
  [/^deno task bench$/, "tests/scripts/bench_test.ts"],
  [/^(?:export (?:CONFIG_SOURCE|VAULT_\w+)=\S+|migrate)$/, "tests/e2e/leak_test.ts"],
  [/^eval "\$\(migrate completions bash\)"$/, "tests/cli/completions_test.ts"],
  [/^deno task gen check --dev-embedded$/, "tests/e2e/gen_test.ts"],
];

Deno.test("every command of the README is one that is run, by tasks that exist", async () => {
  const readme = await Deno.readTextFile("README.md");
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
  const told = Object.values<Story>(STORIES).flatMap(({ commands }) =>
    commands.map(({ command }) => command)
  );
  const commands = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = ""]) =>
    block.split("\n").map((line) => line.replace(/\s+#.*$/, "").trim()).filter((line) =>
      line !== ""
    )
  );
  assert.ok(commands.length >= 10);
  for (const command of commands) {
    const where = told.includes(command)
      ? "tests/e2e/stories_long_test.ts"
      : RUN.find(([pattern]) => pattern.test(command))?.[1];
    assert.ok(where !== undefined, `nothing runs "${command}"`);
    assert.ok((await Deno.stat(where)).isFile);
    const [, task] = /\bdeno\S* task ([\w:]+)/.exec(command) ?? [];
    assert.ok(task === undefined || task in tasks, `there is no task "${task}"`);
  }
});

Deno.test("the README names the version of Deno that its commands use", async () => {
  const [readme, ci] = await Promise.all(
    ["README.md", ".ci/run"].map((file) => Deno.readTextFile(file)),
  );
  const versions = [...`${readme}${ci}`.matchAll(/deno@([\d.]+\d)|Deno ([\d.]+\d)/g)].map((found) =>
    found[1] ?? found[2]
  );
  // The older one belongs to the runtime that compiles where the usual one is out of reach.
  assert.deepEqual([...new Set(versions)].toSorted(), ["2.7.11", "2.9.6"]);
});

Deno.test("each difference from Atlas shows in a comparison, or in a test of its own", async () => {
  for (const [name, { shown }] of Object.entries(DIFFERENCES)) {
    if (typeof shown === "string") continue;
    const text = await Deno.readTextFile(`tests/${shown.file}`);
    assert.ok(text.includes(shown.test), `${name}: ${shown.file} has no "${shown.test}"`);
  }
});
