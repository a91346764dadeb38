import assert from "node:assert/strict";
import type { Pool } from "../../src/migrations/mod.ts";
import { checkAftermath, MARKS, REPEATABLE } from "./faults.ts";
import { folderOf } from "./atlas.ts";
import { configFile } from "./config.ts";
import { createDatabase } from "./postgres.ts";
import { ended, spawnMigrate } from "./program.ts";
import { sumsOf, type TestEngine } from "./run.ts";
import { descendants } from "./observer.ts";
import { atlasFolder } from "./processes.ts";

/** What is sent to a program, at a moment chosen by chance. */
const ENDS: readonly (readonly Deno.Signal[])[] = [
  ["SIGKILL"],
  ["SIGTERM"],
  ["SIGINT"],
  ["SIGINT", "SIGINT"],
  ["SIGTERM", "SIGTERM"],
];

/**
 * Runs the program with an engine, ends it at some moment, and checks what it left, again and again. The moments
 * are spread over the time that a whole run takes.
 */
export async function checkKills(times: number, use: TestEngine = "embedded"): Promise<void> {
  const pool = use === "atlas" ? REPEATABLE : MARKS;
  await using folder = await folderOf(layout(pool));
  const flags = ["--engine", use, "--migrations", folder.path];
  const env = { PATH: `${await atlasFolder(folder.path)}:${Deno.env.get("PATH")}` };
  const whole = await measure(flags, env);
  const codes = new Map<number, number>();
  for (let i = 0; i < times; i++) {
    const signals = ENDS[i % ENDS.length] ?? [];
    await using db = await createDatabase();
    await using config = await configFile(db.database);
    const child = await spawnMigrate(["-c", config.path, ...flags], { env });
    // The first half of a run is the start of the program.
    const moment = whole * (0.3 + 0.7 * Math.random());
    await new Promise((resolve) => setTimeout(resolve, moment));
    // Ctrl-C in a terminal reaches all that run there.
    const terminal = use === "atlas" && i % 2 === 0 && signals.includes("SIGINT");
    for (const signal of signals) {
      for (const pid of terminal ? await descendants(child.pid) : [child.pid]) {
        try {
          Deno.kill(pid, signal);
        } catch {
          // It has ended by itself.
        }
      }
    }
    const { code, err } = await ended(child);
    const about = `${signals.join()} after ${Math.round(moment)} ms: ${code}`;
    codes.set(code, (codes.get(code) ?? 0) + 1);
    assert.ok([0, 130, 137, 143].includes(code), `${about}: ${err}`);
    assert.doesNotMatch(err, /\n\s+at |internal/, about);
    await checkAftermath(db, about, { pool, use: i % 3 === 0 ? "embedded" : use });
  }
  assert.ok(codes.size > 1 || times < 10, "every program ended in the same way");
}

function layout(pool: Pool): Record<string, string> {
  const layers = Map.groupBy(pool.migrations, ({ layer }) => layer);
  return Object.fromEntries([...layers].flatMap(([layer, migrations]) => [
    ...migrations.map(({ file, text }) => [`${layer}/${file}`, text]),
    [`${layer}/atlas.sum`, sumsOf(migrations.map(({ file, text }) => ({ name: file, text })))],
  ]));
}

async function measure(
  flags: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  await using db = await createDatabase();
  await using config = await configFile(db.database);
  const started = performance.now();
  const run = await ended(await spawnMigrate(["-c", config.path, ...flags], { env }));
  assert.equal(run.code, 0, run.err);
  return performance.now() - started;
}
