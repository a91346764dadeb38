import assert from "node:assert/strict";
import { stepSummary } from "../../../src/cli/ci/step_summary.ts";
import { MigrateError } from "../../../src/errors.ts";
import type { Outcome } from "../../../src/report.ts";

const RENDERING = { pathOf: (path: string) => path, redact: (text: string) => text };

function failed(message: string, sql: string): Outcome {
  const error = new MigrateError("migration_failed", message, {
    hint: "Repair it",
    data: { file: "gold/0001_a.sql", line: 7, sql },
  });
  return { state: "failed", name: "a|b", error };
}

Deno.test("stepSummary() lets no statement out of its box, and no name out of its cell", () => {
  const text = stepSummary([failed("```\n# no", "select '````';"), {
    state: "skipped",
    name: "`c`",
  }], RENDERING);
  assert.match(text, /^### ❌ migrate: 1 of 2 databases done$/m);
  assert.match(text, /^\| ❌ \| `a\\\|b` \| failed \(migration_failed\) \| {2}\|$/m);
  assert.match(text, /^\| ⏭️ \| `` `c` `` \| not begun \| {2}\|$/m);
  assert.match(text, /^#### `migration_failed` in `a\|b` at `gold\/0001_a.sql:7`$/m);
  assert.match(text, /^````\n```\n# no\nhint: Repair it\n````$/m);
  assert.match(text, /^`````sql\nselect '````';\n`````$/m);
});

Deno.test("stepSummary() stays below what GitHub takes", () => {
  const huge = failed("x".repeat(1000), "y".repeat(1_000_000));
  const text = stepSummary(Array.from({ length: 2_000 }, () => huge), RENDERING);
  assert.ok(new TextEncoder().encode(text).length < 1 << 19);
  assert.match(text, /^and 1500 more$/m);
  assert.match(text, /^and 1980 more failures$/m);
});
