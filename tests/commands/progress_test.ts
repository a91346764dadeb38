import assert from "node:assert/strict";
import { Progress } from "../../src/commands/progress.ts";
import { poolOfVersions, rowOf } from "../harness/pool.ts";

Deno.test("Progress takes back what was called applied and is not in the history", () => {
  const { migrations } = poolOfVersions("0001", "0002", "0003");
  const pending = migrations.map((migration) => ({
    migration,
    txMode: "file" as const,
    resumeFrom: 0,
  }));
  const told: string[] = [];
  const progress = new Progress(pending, {
    onStart: () => {},
    onApplied: ({ migration }) => told.push(migration.version),
  });
  for (const migration of migrations.slice(0, 2)) {
    progress.finish({ migration, statements: 1, skipped: 0, elapsedMs: 1 });
  }
  assert.deepEqual(told, ["0001", "0002"]);
  const [first, second] = migrations;
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(progress.unrecorded([rowOf(first), rowOf(second)]), undefined);
  const error = progress.unrecorded([rowOf(first), rowOf(second, { applied: 0 })]);
  assert.equal(error?.code, "atlas_failed");
  assert.match(error?.message ?? "", /Cannot vouch for "0002_x\.sql"/);
  assert.deepEqual(progress.applied.map(({ migration }) => migration.version), ["0001"]);
  assert.ok(error !== undefined);
  assert.equal(progress.failed(error)?.version, "0002");
  assert.deepEqual(progress.notStarted(error).map(({ version }) => version), ["0003"]);
});
