import assert from "node:assert/strict";
import { loadPool } from "../../src/commands/pool.ts";
import { MigrateError } from "../../src/errors.ts";
import { computeSums, formatSums } from "../../src/migrations/sums.ts";
import { atlas, folderOf } from "../harness/atlas.ts";
import { contentOf, revisionsOf } from "../harness/history.ts";
import { createDatabase } from "../harness/postgres.ts";
import { applyPool, testEngines } from "../harness/run.ts";
import { toolTest } from "../harness/tools.ts";

type Files = Readonly<Record<string, string>>;

/** A directory of some other project, with what is done with it, one step after the other. */
interface Scenario {
  readonly name: string;
  readonly steps: readonly {
    readonly files: Files;
    readonly args?: readonly string[];
    readonly change?: Parameters<typeof applyPool>[2];
  }[];
}

const STAMPED = {
  "20240101000000_init.sql": "create table a (i int);\n",
  "20240101000000.1_more.sql": "create table b (i int);\n",
  "20240202000000.sql": "alter table a add column j int;\n",
};
const ODD_ORDER = {
  "10_x.sql": "create table x (i int);\n",
  "1_a.sql": "create table a (i int);\n",
  "2_y.sql": "create table y (i int);\n",
};

const SCENARIOS: readonly Scenario[] = [
  { name: "time stamps", steps: [{ files: STAMPED }, { files: STAMPED }] },
  {
    name: "numbers with points",
    steps: [{
      files: {
        "1.10.0_b.sql": "create table b (i int);\n",
        "1.2.0.sql": "create table a (i int);\n",
        "20240101_x.sql": "create table c (i int);\n",
        "v3__d.sql": "create table d (i int);\n",
      },
    }],
  },
  { name: "an order that is not that of numbers", steps: [{ files: ODD_ORDER }] },
  {
    name: "the same, one file at a time",
    steps: [1, 2, 3].map(() => ({ files: ODD_ORDER, args: ["1"], change: { amount: 1 } })),
  },
  {
    name: "the same, out of order",
    steps: [1, 2, 3].map(() => ({
      files: ODD_ORDER,
      args: ["1", "--exec-order", "non-linear"],
      change: { amount: 1, execOrder: "non-linear" },
    })),
  },
  {
    name: "what else may lie there",
    steps: [{
      files: {
        ".hidden.sql": "create table hidden (i int);\n",
        "1_a.up.sql": "create table a (i int);\n",
        "2_é 'x'.sql": "create table b (i int);\n",
        "README.md": "not SQL",
        "3_upper.SQL": "nonsense",
        "old/0_z.sql": "nonsense",
      },
    }],
  },
  {
    name: "a file that fails in the middle",
    steps: [{
      files: { ...STAMPED, "20240101000000_init.sql": "create table a (i int);\nselect 1/0;\n" },
    }],
  },
  {
    name: "a byte order mark",
    steps: [{ files: { "1_a.sql": "create table a (i int);\n", "2_b.sql": "\ufeffselect 1;\n" } }],
  },
  {
    name: "a file without a sum",
    steps: [{
      files: {
        "1_a.sql": "create table a (i int);\n",
        "2_b.sql": "-- atlas:sum ignore\n\nselect 1;\n",
        "3_c.sql": "select 3;\n",
      },
    }],
  },
  {
    name: "CRLF, in which directives do not count",
    steps: [{
      files: {
        "1_a.sql": "-- atlas:txmode none\r\n\r\ncreate table a (i int);\r\nselect 1/0;\r\n",
      },
    }],
  },
  {
    name: "a checkpoint",
    steps: [{
      files: {
        "1_a.sql": "nonsense;\n",
        "2_check.sql": "-- atlas:checkpoint v2\n\ncreate table a (i int);\n",
        "3_c.sql": "create table c (i int);\n",
      },
    }],
  },
  {
    name: "a baseline",
    steps: [{
      files: STAMPED,
      args: ["--baseline", "20240101000000"],
      change: { baseline: "20240101000000" },
    }],
  },
  {
    name: "no transaction for any file",
    steps: [
      { "1_a.sql": "create table a (i int);\nselect 1/0;\n" },
      { "1_a.sql": "create table a (i int);\nselect 1;\n", "2_b.sql": "create table b (i int);\n" },
    ].map((files) => ({ files, args: ["--tx-mode", "none"], change: { txMode: "none" } })),
  },
  {
    name: "a wrong directive, when it is its turn",
    steps: [{
      files: {
        "1_a.sql": "create table a (i int);\n",
        "2_b.sql": "-- atlas:txmode no\n\nselect 1;\n",
      },
    }],
  },
  {
    name: "statements that were executed and have changed",
    steps: ["create table a (i int);\nselect 1/0;\n", "select 2;\nselect 3;\nselect 4;\n"].map((
      text,
    ) => ({
      files: { "1_a.sql": `-- atlas:txmode none\n\n${text}` },
    })),
  },
  { name: "sums that are not right", steps: [{ files: { ...STAMPED, "atlas.sum": "h1:x\n" } }] },
  { name: "no files", steps: [{ files: { "atlas.sum": formatSums(computeSums([])) } }] },
];

for (const { name, steps } of SCENARIOS) {
  for (const use of testEngines) {
    toolTest(
      "atlas",
      `apply() through ${use} takes a plain directory as Atlas does: ${name}`,
      async () => {
        await using ours = await createDatabase();
        await using theirs = await createDatabase();
        for (const { args = [], change, files } of steps) {
          await using folder = await folderOf({ "atlas.sum": sumsOf(files), ...files });
          const error = await loadPool(folder.path)
            .then((pool) => applyPool(ours.database, pool, { use, ...change }))
            .then((report) => report.error, (error) => {
              if (!(error instanceof MigrateError)) throw error;
              return error;
            });
          const run = await atlas(["migrate", "apply", ...args, "--dir", `file://${folder.path}`], {
            database: theirs.database,
          });
          assert.equal(error !== undefined, run.code !== 0, `${error}\n${run.stdout}${run.stderr}`);
          assert.deepEqual(await revisionsOf(ours), await revisionsOf(theirs));
          assert.deepEqual(await contentOf(ours), await contentOf(theirs));
        }
      },
    );
  }
}

Deno.test("loadPool() refuses in a plain directory what Atlas goes down with", async () => {
  const cases: readonly (readonly [string, Files])[] = [
    // Atlas applies the first of them, and ends with a panic at the second.
    ["duplicate_version", { "1_a.sql": "select 1;\n", "1_b.sql": "select 2;\n" }],
    ["migration_encoding", { "1_a.sql": "select 1;\0\n" }],
    ["migrations_missing", { "README.md": "nothing" }],
  ];
  for (const [code, files] of cases) {
    const sql = Object.keys(files).some((name) => name.endsWith(".sql"));
    await using folder = await folderOf({
      ...(sql ? { "atlas.sum": sumsOf(files) } : {}),
      ...files,
    });
    await assert.rejects(loadPool(folder.path), { code });
  }
});

function sumsOf(files: Files): string {
  const own = Object.entries(files).filter(([name]) => /^[^/]*\.sql$/.test(name));
  return formatSums(computeSums(own.map(([name, text]) => ({ name, text }))));
}
