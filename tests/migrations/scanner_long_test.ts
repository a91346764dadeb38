// deno-lint-ignore-file no-console -- the seed must be seen to be repeated
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Database } from "../../src/database.ts";
import { MigrateError } from "../../src/errors.ts";
import {
  computeSums,
  formatSums,
  splitStatements,
  statementHashes,
} from "../../src/migrations/mod.ts";
import { ScanError } from "../../src/migrations/scanner.ts";
import { atlas, folderOf } from "../harness/atlas.ts";
import { createDatabase } from "../harness/postgres.ts";
import { toolTest } from "../harness/tools.ts";

const atom = fc.constantFrom(
  ..."SELECT 1|a|b2|;|;;| |  |\n|\n\n|\r\n|\t|'|''|\"|`|(|)|--|-- note\n|-- it's; (\n|/*|*/|/* c; ' */|/* x\n*/"
    .split("|"),
  ..."$|$$|$a$|$a$ ; $a$|$$ ' ; $$|$1|$é$|E'\\'|'x;y'|\"q;\"|'it''s'|\\|\u0085|\u3000|\ufeff|é|😀"
    .split("|"),
  ..."BEGIN|BEGIN |begin\n|BEGIN ATOMIC |BEGIN  ATOMIC\n|END|END;|END |END IF;|\nEND;|COMMIT;|xBEGIN |\fBEGIN\f"
    .split("|"),
  ..."DELIMITER //\n|DELIMITER ;\n|delimiter ';;'\n|DELIMITER \\n\\n\n|DELIMITER|DELIMITERx |//|#|atlas:x|-"
    .split("|"),
);
const first = fc.constantFrom(
  ..."|-- atlas:delimiter //\n|-- atlas:delimiter \\n\\n\n|-- atlas:delimiter -- end\n|-- atlas:delimiter\n|--atlas:delimiter //\n|-- x\n\n|-- atlas:delimiter $$\n|-- atlas:delimiter (\n|\n"
    .split("|"),
);
const text = fc.tuple(first, fc.array(atom, { maxLength: 14 })).map(([head, atoms]) =>
  head + atoms.join("")
);

interface AtlasReport {
  readonly Applied?: readonly { readonly Name: string; readonly Applied?: readonly string[] }[];
  readonly Error?: string;
}

// In a dry run Atlas does not use the scanner options of PostgreSQL: it knows no BEGIN … END there.
const PLAIN_BLOCK = /begin[\t\n\f\r ]+(?!atomic[\t\n\f\r ])/i;

function samples(count: number): readonly string[] {
  const seed = Number(Deno.env.get("HOTPOT_TEST_SEED") ?? Date.now() % 1e9);
  console.log(`seed ${seed} (set HOTPOT_TEST_SEED to repeat)`);
  return fc.sample(text, { numRuns: count, seed });
}

toolTest("atlas", "splitStatements() splits whatever text as a dry run of Atlas does", async () => {
  await using db = await createDatabase();
  const good: string[] = [];
  const bad: string[] = [];
  for (const sample of samples(2500).filter((sample) => !PLAIN_BLOCK.test(sample))) {
    (ours(sample) instanceof Error ? bad : good).push(sample);
  }
  // All that we can split goes through one run: Atlas stops at the first that it cannot.
  const files = Object.fromEntries(
    good.map((sample, i) => [`${String(i + 1).padStart(5, "0")}_x.sql`, sample]),
  );
  await using folder = await folderOf(files);
  const report = await dryRun(folder.path, files, db.database);
  const stopped = report.Applied?.length ?? 0;
  assert.equal(report.Error, undefined, `Atlas refuses ${JSON.stringify(good[stopped])}`);
  for (const [i, sample] of good.entries()) {
    assert.deepEqual(ours(sample), report.Applied?.[i]?.Applied ?? [], JSON.stringify(sample));
  }
  for (const sample of bad.slice(0, 60)) {
    await using one = await folderOf({ "1_x.sql": sample });
    const { Error: message } = await dryRun(one.path, { "1_x.sql": sample }, db.database);
    const error = ours(sample);
    assert.ok(message !== undefined, `Atlas accepts ${JSON.stringify(sample)}`);
    assert.ok(error instanceof Error);
    assert.ok(
      message.endsWith(atlasMessage(sample, error)),
      `${message} for ${JSON.stringify(sample)}`,
    );
  }
  assert.ok(bad.length > 300 && good.length > 300);
});

toolTest(
  "atlas",
  "splitStatements() counts statements and blocks as a run of Atlas does",
  async () => {
    await using db = await createDatabase();
    const chosen = samples(4000).filter((sample) => PLAIN_BLOCK.test(sample))
      .map((sample) => `-- atlas:txmode none\n\n${sample}`)
      .filter((file) => !(ours(file) instanceof Error)).slice(0, 40);
    for (const [i, file] of chosen.entries()) {
      const revisionsSchema = `r${i}`;
      await using folder = await folderOf({
        "1_x.sql": file,
        "atlas.sum": formatSums(computeSums([{ name: "1_x.sql", text: file }])),
      });
      await atlas(["migrate", "apply", "--allow-dirty", "--dir", `file://${folder.path}`], {
        database: db.database,
        revisionsSchema,
      });
      const [row] = await db.sql(
        `select applied::int, total::int, error_stmt, partial_hashes from ${revisionsSchema}.atlas_schema_revisions`,
      );
      const texts = ours(file);
      assert.ok(!(texts instanceof Error));
      assert.equal(row?.["total"], texts.length, JSON.stringify(file));
      const applied = Number(row?.["applied"]);
      if (applied === texts.length) continue;
      // Nothing is said when the text itself left a transaction open.
      if (row?.["error_stmt"] !== "") {
        assert.equal(row?.["error_stmt"], texts[applied], JSON.stringify(file));
      }
      assert.deepEqual(row?.["partial_hashes"] ?? [], statementHashes(texts).slice(0, applied));
    }
  },
);

function ours(sample: string): readonly string[] | Error {
  try {
    return splitStatements(sample, { file: "x" }).map((statement) => statement.text);
  } catch (error) {
    if (error instanceof MigrateError && error.cause instanceof ScanError) return error.cause;
    throw error;
  }
}

/** The place as Atlas counts it: bytes, from 1. */
function atlasMessage(sample: string, error: Error): string {
  if (!(error instanceof ScanError) || error.index === undefined) return error.message;
  if (error.index < 0) return `1:0: ${error.message}`;
  const before = sample.slice(0, error.index);
  const line = before.split("\n").length;
  const column = new TextEncoder().encode(before.slice(before.lastIndexOf("\n") + 1)).length + 1;
  return `${line}:${column}: ${error.message}`;
}

async function dryRun(
  path: string,
  files: Readonly<Record<string, string>>,
  database: Database,
): Promise<AtlasReport> {
  const sums = computeSums(Object.entries(files).map(([name, text]) => ({ name, text })));
  await Deno.writeTextFile(`${path}/atlas.sum`, formatSums(sums));
  const run = await atlas(
    [
      "migrate",
      "apply",
      "--dry-run",
      "--allow-dirty",
      "--format",
      "{{ json . }}",
      "--dir",
      `file://${path}`,
    ],
    { database },
  );
  assert.ok(run.stdout.startsWith("{"), run.stdout + run.stderr);
  return JSON.parse(run.stdout) as AtlasReport;
}
