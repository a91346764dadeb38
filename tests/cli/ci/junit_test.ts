import assert from "node:assert/strict";
import fc from "fast-check";
import { junit } from "../../../src/cli/ci/junit.ts";
import { element, xmlDocument } from "../../../src/cli/ci/xml.ts";
import { MigrateError } from "../../../src/errors.ts";
import { migrationFailed } from "../../../src/failure.ts";
import type { ApplyReport, Outcome } from "../../../src/report.ts";
import { poolOf } from "../../harness/run.ts";
import { checkJunit } from "../../harness/xml.ts";

const RENDERING = { pathOf: (path: string) => path, redact: (text: string) => text };
const [first, second, third] = poolOf({
  "bronze/0001_a.sql": "select 1;\n",
  "silver/0002_b.sql": "select '<&>\"]]>';\n",
  "gold/0003_c.sql": "select 3;\n",
}).migrations;

function reportOf(changes: Partial<ApplyReport>): ApplyReport {
  return {
    database: "u@h:5432/a",
    serverVersion: "18.0",
    engine: { name: "embedded", reason: "test" },
    revisionsSchema: "public",
    total: 3,
    before: undefined,
    after: undefined,
    applied: [],
    failed: undefined,
    notStarted: [],
    skipped: [],
    unknown: [],
    invalidIndexes: [],
    elapsedMs: 1_250,
    error: undefined,
    ...changes,
  };
}

function failure(message: string, text = "select '<&>\"]]>';"): Outcome {
  assert.ok(first && second && third);
  const error = migrationFailed({
    migration: second,
    message,
    statement: { text, offset: 0, number: 1 },
    sqlstate: "42601",
    open: false,
  });
  const applied = [{ migration: first, statements: 1, skipped: 0, elapsedMs: 12.4 }];
  const report = reportOf({ applied, failed: second, notStarted: [third], error });
  return { state: "failed", name: "a", report, error };
}

Deno.test("junit() has a case for each file: passed, failed, not reached", async () => {
  const text = junit([failure('no <such> thing & "more"')], RENDERING);
  await checkJunit(text);
  const lines = text.split("\n");
  assert.equal(
    lines[1],
    '<testsuites name="migrate" tests="3" failures="1" errors="0" time="1.250">',
  );
  assert.equal(
    lines[2],
    '  <testsuite name="a" tests="3" failures="1" errors="0" skipped="1" time="1.250">',
  );
  assert.equal(
    lines[3],
    '    <testcase name="0001_a (bronze)" classname="bronze" file="migrations/bronze/0001_a.sql" time="0.012"/>',
  );
  assert.match(
    text,
    /<failure type="migration_failed" message="Cannot apply 0002_b \(silver\): no &lt;such&gt; thing &amp; &quot;more&quot;">/,
  );
  assert.match(text, /select '&lt;&amp;&gt;"\]\]&gt;';<\/failure>/);
  assert.match(text, /<testcase name="0003_c \(gold\)".*>\n\s+<skipped message="not reached"\/>/);
});

Deno.test("junit() is whole with nothing to do, no database, and an error without a file", async () => {
  const error = new MigrateError("connection_refused", "Cannot connect", { hint: "Start it" });
  const cases: readonly (readonly [readonly Outcome[], RegExp])[] = [
    [[], /^<testsuites name="migrate" tests="0" failures="0" errors="0" time="0.000"\/>$/m],
    [
      [{ state: "nothing_pending", name: "a", report: reportOf({}) }],
      /<testsuite name="a" tests="0"/,
    ],
    [[{ state: "failed", error }], /<error type="connection_refused" message="Cannot connect">/],
    [[{ state: "skipped", name: "b" }], /<skipped message="not begun"\/>/],
    [
      [failure("x"), { state: "failed", name: "c", error }],
      /<testsuites name="migrate" tests="4" failures="1" errors="1"/,
    ],
  ];
  for (const [outcomes, expected] of cases) {
    const text = junit(outcomes, RENDERING);
    await checkJunit(text);
    assert.match(text, expected);
  }
});

Deno.test("junit() is XML whatever the server and the statement hold", async () => {
  const text = fc.string({ unit: "binary", maxLength: 40 });
  const nasty = fc.oneof(
    text,
    fc.constantFrom("\0\u0001\u001b[2J", "\ud800", "]]>", "\ufffe", "a\r\nb\tc"),
  );
  await fc.assert(
    fc.asyncProperty(nasty, nasty, async (message, sql) => {
      await checkJunit(junit([failure(message, sql)], RENDERING));
    }),
    { numRuns: 30 },
  );
});

Deno.test("xmlDocument() keeps the lines of texts and attributes", () => {
  assert.equal(
    xmlDocument(element("a", { b: 'x\n"y"' }, [element("c", {}, [], "one\n two\r\n")])),
    '<?xml version="1.0" encoding="UTF-8"?>\n<a b="x&#10;&quot;y&quot;">\n  <c>one\n two&#13;\n</c>\n</a>\n',
  );
});
